//! WebSocket frames by hand, over TCP or TLS: nothing here knows more of the protocol than their layout.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lift_ws_local::Authority;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::case::{Case, End};

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The final fragment of a message.
pub(crate) const FIN: u8 = 0x80;

/// Nothing takes this long; it turns a hanging case into a failing one.
const PATIENCE: Duration = Duration::from_secs(30);
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// No frame of the gateway is longer (contract §6.3).
const FRAME_BYTES: usize = 32 * 1024;

/// A masked frame; `head` is its first byte: FIN, reserved bits, opcode.
pub(crate) fn frame(head: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = vec![head];
    frame.extend(length(payload.len(), 0x80));
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn length(length: usize, mask: u8) -> Vec<u8> {
    match length {
        0..126 => vec![mask | u8::try_from(length).unwrap()],
        126..65_536 => [&[mask | 126][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
        _ => [&[mask | 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

/// A whole text message in one frame.
pub(crate) fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | TEXT, text)
}

/// A text message in fragments.
pub(crate) fn fragments<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>) -> Vec<u8> {
    between(payloads, &[])
}

/// A text message in fragments, and these bytes between any two.
pub(crate) fn between<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>, frames: &[u8]) -> Vec<u8> {
    let payloads: Vec<P> = payloads.into_iter().collect();
    let mut all = Vec::new();
    for (at, payload) in payloads.iter().enumerate() {
        let opcode = if at == 0 { TEXT } else { CONTINUATION };
        let is_last = at + 1 == payloads.len();
        all.extend(frame(if is_last { FIN | opcode } else { opcode }, payload));
        if !is_last {
            all.extend(frames);
        }
    }
    all
}

pub(crate) fn ping(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | PING, payload)
}

/// A close frame with a code and the bytes of a reason.
pub(crate) fn close(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | CLOSE, [&code.to_be_bytes()[..], reason.as_ref()].concat())
}

/// How bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    Tls,
    /// In small pieces, which the gateway may get one by one.
    Chopped,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection whose handshake is done.
pub(crate) struct Transport(Pin<Box<dyn Stream>>);

impl Transport {
    pub(crate) async fn connect(way: Way, port: u16, authority: &Authority) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut stream: Pin<Box<dyn Stream>> = match way {
            Way::Plain | Way::Chopped => Box::pin(stream),
            Way::Tls => {
                let name = ServerName::try_from("127.0.0.1").unwrap();
                Box::pin(tls(authority).connect(name, stream).await.unwrap())
            }
        };
        let request = format!(
            "GET /dev HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        Self(stream)
    }

    async fn send(&mut self, way: Way, bytes: &[u8]) -> io::Result<()> {
        let piece = match way {
            Way::Plain | Way::Tls => bytes.len().max(1),
            Way::Chopped if bytes.len() < 2_000 => 1,
            Way::Chopped => 997,
        };
        for piece in bytes.chunks(piece) {
            self.0.write_all(piece).await?;
            self.0.flush().await?;
            if way == Way::Chopped {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

fn tls(authority: &Authority) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// All that a client has heard until the end of its connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) texts: Vec<String>,
    pub(crate) pongs: Vec<Vec<u8>>,
    /// A close frame, and its code if it has one.
    pub(crate) close: Option<Option<u16>>,
    /// What no server may send, or an end without a close frame.
    pub(crate) fault: Option<String>,
    /// The beginning of a message whose end has not come.
    pub(crate) open: Option<Vec<u8>>,
}

/// Sends what the case sends, and listens to the end.
pub(crate) async fn talk(mut transport: Transport, way: Way, case: &Case) -> Heard {
    let mut heard = Heard::default();
    let talk = async {
        // The gateway may close before it has read everything; what it has said is there all the same.
        let _ = transport.send(way, &case.sent).await;
        if case.expects.end == End::Lost {
            return;
        }
        let mut is_closed = false;
        loop {
            if !is_closed && case.expects.is_all(&heard) {
                is_closed = true;
                let _ = transport.send(way, &close(1000, "")).await;
            }
            match read_frame(&mut transport.0).await {
                Ok(Some((head, payload))) => heard.frame(head, payload),
                Ok(None) => break,
                // Hanging up with unread bytes resets the connection.
                Err(_) if heard.close.is_some() => break,
                Err(error) => heard.faulty(format!("the connection failed: {error}")),
            }
            if heard.fault.is_some() {
                break;
            }
        }
        if heard.close.is_none() {
            heard.faulty("the connection ended without a close frame".to_owned());
        }
    };
    if timeout(PATIENCE, talk).await.is_err() {
        heard.faulty(format!("nothing more came after {heard:.200?}"));
    }
    heard
}

impl Heard {
    fn faulty(&mut self, why: String) {
        self.fault.get_or_insert(why);
    }

    fn frame(&mut self, head: u8, payload: Vec<u8>) {
        let is_final = head & FIN != 0;
        if self.close.is_some() {
            return self.faulty(format!("a frame {head:#x} after the close frame"));
        }
        match (head & 0x7f, self.open.take()) {
            (TEXT, None) => self.piece(Vec::new(), payload, is_final),
            (CONTINUATION, Some(open)) => self.piece(open, payload, is_final),
            (PONG, open) if is_final => {
                self.open = open;
                self.pongs.push(payload);
            }
            (CLOSE, _) if is_final => match payload[..] {
                [] => self.close = Some(None),
                [high, low, ref reason @ ..] if std::str::from_utf8(reason).is_ok() => {
                    self.close = Some(Some(u16::from_be_bytes([high, low])));
                }
                _ => self.faulty(format!("a close frame of {payload:?}")),
            },
            _ => self.faulty(format!("a frame {head:#x} at a wrong place")),
        }
    }

    fn piece(&mut self, mut open: Vec<u8>, payload: Vec<u8>, is_final: bool) {
        if payload.len() > FRAME_BYTES || (!is_final && payload.len() != FRAME_BYTES) {
            return self.faulty(format!("a fragment of {} bytes", payload.len()));
        }
        open.extend(payload);
        if !is_final {
            self.open = Some(open);
            return;
        }
        match String::from_utf8(open) {
            Ok(text) => self.texts.push(text),
            Err(_) => self.faulty("a text that is not UTF-8".to_owned()),
        }
    }
}

/// First byte and payload; `None` at the end between two frames.
async fn read_frame(stream: &mut Pin<Box<dyn Stream>>) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0];
    if stream.read(&mut head).await? == 0 {
        return Ok(None);
    }
    let fault = |why: &str| Err(io::Error::other(why.to_owned()));
    let length = match stream.read_u8().await? {
        short @ 0..126 => u64::from(short),
        126 => match u64::from(stream.read_u16().await?) {
            0..126 => return fault("a length that is longer than needed"),
            length => length,
        },
        127 => match stream.read_u64().await? {
            0..65_536 => return fault("a length that is longer than needed"),
            length => length,
        },
        128.. => return fault("a masked frame"),
    };
    if length > 1 << 20 {
        return fault("a frame of more than 1 MiB");
    }
    let mut payload = vec![0; usize::try_from(length).expect("it is short")];
    stream.read_exact(&mut payload).await?;
    Ok(Some((head[0], payload)))
}
