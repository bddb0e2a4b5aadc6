//! Where the connections go: looked up once, and on this machine unless its user says that it is theirs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, Uri, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::script::Template;
use super::{LoadArguments, LoadError};

/// Connections from one address of this machine.
const FROM_ONE_ADDRESS: u64 = 20_000;

/// Bytes that are read in one go. Each connection holds as many, and they are cleared before each read.
const READ_BUFFER: usize = 4 * 1024;

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub(super) struct Endpoint {
    url: Template,
    address: SocketAddr,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Endpoint {
    pub(super) async fn find(arguments: &LoadArguments) -> Result<Self, LoadError> {
        let bad = |problem: String| LoadError::Url { url: arguments.url.clone(), problem };
        let url = Template::parse(&arguments.url).map_err(bad)?;
        let uri: Uri = url.text(1, 0).parse().map_err(|error| bad(format!("{error}")))?;
        let is_tls = match uri.scheme_str() {
            Some("ws") => false,
            Some("wss") => true,
            _ => return Err(bad("it does not begin with ws:// or wss://".to_owned())),
        };
        let host =
            uri.host().filter(|host| !host.is_empty()).ok_or_else(|| bad("it names no host".to_owned()))?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let address = address(bare, port, arguments.i_own_this_endpoint).await?;
        let tls = match is_tls {
            true => Some((
                connector()?,
                ServerName::try_from(bare.to_owned()).map_err(|error| bad(error.to_string()))?,
            )),
            false => None,
        };
        Ok(Self { url, address, tls, headers: headers(arguments)? })
    }

    /// Opens the connection of this number.
    pub(super) async fn open(&self, connection: u64) -> Result<Socket, Error> {
        let stream = connect(self.address, connection).await?;
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = match &self.tls {
            Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
            None => Box::new(stream),
        };
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let request = self.request(connection)?;
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        Ok(socket)
    }

    fn request(&self, connection: u64) -> Result<Request, Error> {
        let mut request = self.url.text(connection, 0).into_client_request()?;
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        Ok(request)
    }
}

/// Connects; on this machine from several addresses, since one has some 28,000 ports to connect to the same other one from.
async fn connect(to: SocketAddr, connection: u64) -> io::Result<TcpStream> {
    let from = u32::try_from(connection / FROM_ONE_ADDRESS).unwrap_or_default();
    if from == 0 || !(to.is_ipv4() && to.ip().is_loopback()) {
        return TcpStream::connect(to).await;
    }
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::from(Ipv4Addr::LOCALHOST.to_bits() + from), 0).into())?;
    socket.connect(to).await
}

/// The address of the host. All that it has must be on this machine, or it must be its user's.
async fn address(host: &str, port: u16, is_owned: bool) -> Result<SocketAddr, LoadError> {
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<SocketAddr> =
        found.map_err(|source| LoadError::Resolve { host: host.to_owned(), source })?.collect();
    if !is_owned && !found.iter().all(|address| address.ip().to_canonical().is_loopback()) {
        return Err(LoadError::NotHere { host: host.to_owned() });
    }
    // The local gateway listens on IPv4 alone, and `localhost` has both.
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| LoadError::Resolve {
        host: host.to_owned(),
        source: io::Error::other("the name is known, and nothing else"),
    })
}

fn connector() -> Result<TlsConnector, LoadError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
        return Err(LoadError::Certificates(why));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| LoadError::Certificates(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn headers(arguments: &LoadArguments) -> Result<Vec<(HeaderName, HeaderValue)>, LoadError> {
    let offered = arguments.subprotocol.join(", ");
    let own = arguments.header.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    own.chain((!offered.is_empty()).then_some((header::SEC_WEBSOCKET_PROTOCOL.as_str(), offered.as_str())))
        .map(|(name, value)| {
            let unsendable = || LoadError::Header { name: name.to_owned() };
            let value = HeaderValue::from_str(value).map_err(|_| unsendable())?;
            Ok((HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_beyond_the_ports_of_one_address_come_from_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        for (connection, from) in [(1, "127.0.0.1"), (19_999, "127.0.0.1"), (20_000, "127.0.0.2")] {
            let stream = connect(listener.local_addr().unwrap(), connection).await.unwrap();
            assert_eq!(stream.local_addr().unwrap().ip().to_string(), from);
        }
    }

    #[tokio::test]
    async fn what_is_not_on_this_machine_is_refused_unless_it_is_owned() {
        for host in ["127.0.0.1", "::1", "127.1.2.3"] {
            assert!(address(host, 80, false).await.is_ok(), "{host}");
        }
        for host in ["192.0.2.1", "0.0.0.0", "2001:db8::1", "::ffff:192.0.2.1"] {
            let refused = address(host, 80, false).await;
            assert!(matches!(refused, Err(LoadError::NotHere { .. })), "{host}");
            assert!(address(host, 80, true).await.is_ok(), "{host}");
        }
    }
}
