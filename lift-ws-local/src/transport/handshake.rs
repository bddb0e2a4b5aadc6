//! From an HTTP request to a WebSocket: the 101 is withheld until the gateway says so (contract §1.1).

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::header_case::{self, Overheard};
use super::outbox::OutboxReader;
use super::socket::Socket;
use super::{Front, Peer};
use crate::core::{ConnectionId, DomainMapping, HandshakeRequest, Input, SocketId};
use crate::http::{self, Answer};
use crate::owner::{Command, HandshakeAnswer, Owner};
use crate::site::SiteId;
use crate::tls::Wire;

impl Front {
    /// Lets the gateway decide about a request that is neither for `@connections` nor for a file.
    pub(super) async fn handshake(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
        head: &[u8],
        site: SiteId,
        mapping: Option<DomainMapping>,
    ) -> Answer {
        let socket = self.next_socket(site);
        let accept_key = accept_key(&request);
        let head = HandshakeRequest { mapping, ..head_of(&request, peer, head, accept_key.is_some()) };
        let upgrade = accept_key.map(|key| (key, hyper::upgrade::on(&mut request)));
        let answer = OpenHandshake::begin(&self.owner, socket, head).answer().await;
        match (answer, upgrade) {
            (Some(HandshakeAnswer::Accept { connection, subprotocol, outbox }), Some((key, upgrade))) => {
                self.become_socket(connection, outbox, upgrade);
                switching_protocols(&key, subprotocol)
            }
            (Some(HandshakeAnswer::Refuse { status, content_type, body }), _) => {
                refused(status, content_type, body)
            }
            // The core accepts only upgrades; and after the gateway's end nothing is accepted.
            _ => http::empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    fn become_socket(&self, connection: ConnectionId, outbox: OutboxReader, upgrade: OnUpgrade) {
        let owner = self.owner.clone();
        let limits = self.limits.clone();
        tokio::spawn(async move {
            let stream = match upgrade.await {
                Ok(upgraded) => wire_of(upgraded),
                Err(_) => None,
            };
            let Some((stream, early)) = stream else {
                return owner.tell(Command::Happened(Input::Lost { connection }));
            };
            Socket::new(stream, early, connection, outbox, &limits, owner).await.run().await;
        });
    }
}

/// Reports a client that goes away while its handshake is open: hyper then drops the future that waits.
struct OpenHandshake<'a> {
    owner: &'a Owner,
    socket: SocketId,
    answer: Option<oneshot::Receiver<HandshakeAnswer>>,
}

impl<'a> OpenHandshake<'a> {
    fn begin(owner: &'a Owner, socket: SocketId, request: HandshakeRequest) -> Self {
        let (reply, answer) = oneshot::channel();
        owner.tell(Command::Handshake { socket, request, reply });
        Self { owner, socket, answer: Some(answer) }
    }

    /// `None` if the gateway ends first.
    async fn answer(mut self) -> Option<HandshakeAnswer> {
        let answer = self.answer.as_mut()?.await.ok();
        self.answer = None;
        answer
    }
}

impl Drop for OpenHandshake<'_> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        answer.close();
        let input = match answer.try_recv() {
            // The gateway counts it as open already.
            Ok(HandshakeAnswer::Accept { connection, .. }) => Input::Lost { connection },
            Ok(HandshakeAnswer::Refuse { .. }) => return,
            Err(_) => Input::HandshakeAbandoned { socket: self.socket },
        };
        self.owner.tell(Command::Happened(input));
    }
}

/// The value of `Sec-WebSocket-Accept`, if this is an upgrade as RFC 6455 §4.2.1 asks.
pub(crate) fn accept_key(request: &Request<Incoming>) -> Option<String> {
    let headers = request.headers();
    let is_upgrade = request.method() == Method::GET
        && request.version() >= Version::HTTP_11
        && has_token(headers, &CONNECTION, "upgrade")
        && has_token(headers, &UPGRADE, "websocket")
        && headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let key = headers.get(SEC_WEBSOCKET_KEY)?.as_bytes();
    (is_upgrade && is_nonce(key)).then(|| derive_accept_key(key))
}

/// Whether a key is sixteen bytes in base64 (RFC 6455 §4.1).
fn is_nonce(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.strip_suffix(b"==").is_some_and(|digits| digits.iter().all(is_digit))
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case(token))
}

fn head_of(request: &Request<Incoming>, peer: Peer, first: &[u8], upgrade: bool) -> HandshakeRequest {
    let spellings = header_case::spellings(first);
    let headers = request.headers().iter().map(|(name, value)| {
        let spelled = spellings.get(name.as_str()).cloned().unwrap_or_else(|| name.as_str().to_owned());
        (spelled, String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    HandshakeRequest {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        source_ip: peer.ip,
        upgrade,
        secure: peer.secure,
        mapping: None,
    }
}

/// The answer that ends HTTP on a connection, with what [`accept_key`] gave.
pub(crate) fn switching_protocols(accept_key: &str, subprotocol: Option<String>) -> Answer {
    let mut answer = Response::new(http::whole(Bytes::new()));
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(key) = HeaderValue::from_str(accept_key) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    }
    if let Some(Ok(subprotocol)) = subprotocol.map(HeaderValue::try_from) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    answer
}

fn refused(status: u16, content_type: &'static str, body: Bytes) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut answer = http::with_type(status, content_type, body);
    if status == StatusCode::UPGRADE_REQUIRED {
        // RFC 9110 §15.5.22 asks for the first, RFC 6455 §4.4 for the second.
        answer.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
        answer.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    answer
}

/// The connection under an upgraded one, and what the client has sent on it already.
pub(super) fn wire_of(upgraded: Upgraded) -> Option<(Wire, Bytes)> {
    let parts = upgraded.downcast::<TokioIo<Overheard>>().ok()?;
    Some((parts.io.into_inner().into_inner(), parts.read_buf))
}
