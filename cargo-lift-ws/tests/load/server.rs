//! A WebSocket server in the test's own process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// What the server does.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    Echo,
    /// Reads, and says nothing.
    Silent,
    /// Closes at the first message.
    CloseWith(u16, &'static str),
    /// Refuses handshakes with 403.
    Refuse,
}

#[derive(Default)]
struct Seen {
    first: Vec<String>,
    offered: Vec<(String, String)>,
}

pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(manner: Manner) -> Self {
        Self::listen(manner, None).await
    }

    /// With a certificate that is its own authority, written to `roots`.
    pub(crate) async fn start_tls(roots: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(roots, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Self::listen(Manner::Echo, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        let seen = Arc::<Mutex<Seen>>::default();
        let for_clients = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, tls) = (for_clients.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, manner, seen).await,
                            Err(_untrusted) => {}
                        },
                        None => serve::<TcpStream>(stream, manner, seen).await,
                    }
                });
            }
        });
        Self { address, scheme, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}/dev", self.scheme, self.address)
    }

    /// The first message of each connection.
    pub(crate) fn first_messages(&self) -> Vec<String> {
        self.seen.lock().unwrap().first.clone()
    }

    /// `X-Test` and the subprotocols of each handshake.
    pub(crate) fn offered(&self) -> Vec<(String, String)> {
        self.seen.lock().unwrap().offered.clone()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, manner: Manner, seen: Arc<Mutex<Seen>>) {
    #[allow(clippy::result_large_err, reason = "the type is that of the library")]
    let answer = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        if let Manner::Refuse = manner {
            let mut refused = ErrorResponse::new(None);
            *refused.status_mut() = StatusCode::FORBIDDEN;
            return Err(refused);
        }
        let value = |name| {
            let value = request.headers().get(name).map(HeaderValue::to_str);
            value.unwrap_or(Ok("")).unwrap_or_default().to_owned()
        };
        let protocols = value("sec-websocket-protocol");
        if let Some(first) = protocols.split(", ").next().filter(|first| !first.is_empty()) {
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_str(first).unwrap());
        }
        seen.lock().unwrap().offered.push((value("x-test"), protocols));
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, answer).await else { return };
    let mut is_first = true;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        if std::mem::take(&mut is_first) {
            seen.lock().unwrap().first.push(text.as_str().to_owned());
        }
        let _ = match manner {
            Manner::Silent | Manner::Refuse => Ok(()),
            Manner::Echo => socket.send(Message::Text(text)).await,
            Manner::CloseWith(code, reason) => {
                socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await
            }
        };
    }
}
