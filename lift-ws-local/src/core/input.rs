//! What the shell tells the core.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::domain_mapping::DomainMapping;
use super::faults::Fault;
use super::ids::{CallId, ConnectionId, InvocationId, SocketId};

/// Something that happened outside.
///
/// Inputs about a connection that the gateway has closed already are ignored, so the shell need not know
/// which side was faster.
#[derive(Clone, Debug)]
pub enum Input {
    /// A client sent an HTTP request that is not one to `@connections`: a handshake, or something that is none.
    ///
    /// Exactly one [`Action::Accept`](super::Action::Accept) or [`Action::Refuse`](super::Action::Refuse)
    /// follows, now or later, unless [`Input::HandshakeAbandoned`] comes first.
    Handshake {
        /// Where to send the answer.
        socket: SocketId,
        /// The request's head.
        request: HandshakeRequest,
    },
    /// The client's TCP connection ended while its handshake was open.
    ///
    /// No answer follows. If `$connect` accepts nevertheless, the connection counts as lost, so a program that
    /// stored it gets its `$disconnect`.
    HandshakeAbandoned {
        /// The socket of the handshake.
        socket: SocketId,
    },
    /// A whole text message, put together from its frames.
    Message {
        /// Who sent it.
        connection: ConnectionId,
        /// The text as sent.
        text: String,
    },
    /// A frame that the gateway does not take; the connection is closed with the code that the fault asks for.
    BadFrame {
        /// Who sent it.
        connection: ConnectionId,
        /// What is wrong with it.
        fault: FrameFault,
    },
    /// A ping arrived. The transport answers it; it does not count as activity (contract §9).
    Ping {
        /// Who sent it.
        connection: ConnectionId,
    },
    /// A close frame of the client arrived. The transport answers it.
    ///
    /// Send this at once: DISCONNECT starts with the close frame, not with the end of TCP (contract §8.1).
    Closed {
        /// Who sent it.
        connection: ConnectionId,
        /// The status code, if the frame had one.
        code: Option<u16>,
        /// The reason, possibly empty.
        reason: String,
    },
    /// The TCP connection ended or failed without a close frame.
    Lost {
        /// Whose it was.
        connection: ConnectionId,
    },
    /// A function's invocation ended. Matched by id alone; late or unknown ones are ignored.
    Invoked {
        /// The id from [`Action::Invoke`](super::Action::Invoke).
        invocation: InvocationId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A request to `@connections`; exactly one [`Action::Answer`](super::Action::Answer) follows, at once.
    Management {
        /// Where to send the answer.
        call: CallId,
        /// The request.
        request: ManagementRequest,
    },
    /// Somebody at the gateway ends a connection, as `DELETE` of `@connections` does.
    Disconnect {
        /// Whose it is.
        connection: ConnectionId,
    },
    /// Something is to go wrong once, at the next occasion.
    Fault(Fault),
    /// All connections are older by this time, and have been idle for longer by it, as if the gateway's clock had jumped
    /// while everybody else's went on. Limits that are reached are enforced at once.
    Aged(Duration),
    /// Time has passed. Send it when [`Gateway::next_wakeup`](super::Gateway::next_wakeup) is reached.
    Tick,
}

/// The head of an HTTP request on the gateway's port.
#[derive(Clone, Debug)]
pub struct HandshakeRequest {
    /// The method, usually `GET`.
    pub method: String,
    /// The path as sent, still percent-encoded, without the query.
    pub path: String,
    /// What follows the `?` as sent, still percent-encoded; empty if there is none.
    pub query: String,
    /// All headers in order, names in the client's case.
    pub headers: Vec<(String, String)>,
    /// The client's address.
    pub source_ip: IpAddr,
    /// Whether this is a WebSocket upgrade as RFC 6455 §4.2.1 asks; other requests are answered with 426.
    pub upgrade: bool,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The mapping of a custom domain that it came over, if it did.
    pub mapping: Option<DomainMapping>,
}

impl HandshakeRequest {
    /// A bare upgrade request from the loopback, for tests and examples; set its fields for more.
    #[must_use]
    pub fn get(path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            upgrade: true,
            secure: false,
            mapping: None,
        }
    }
}

/// A frame or message that ends the connection (contract §6.2, §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// A binary frame: close code 1003.
    Binary,
    /// A frame above [`Limits::frame_bytes`](super::Limits::frame_bytes): close code 1009.
    FrameTooLarge,
    /// A message above [`Limits::message_bytes`](super::Limits::message_bytes): close code 1009.
    MessageTooLarge,
    /// A text message that is not UTF-8: close code 1007 (RFC 6455 §8.1).
    InvalidUtf8,
    /// Any other breach of the protocol, such as an unmasked frame: close code 1002 (RFC 6455 §7.4.1).
    Protocol,
}

/// How a function's invocation ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The function returned these bytes; the core judges whether they are a proxy response (contract §3.1).
    Returned(Bytes),
    /// The function reported an error, panicked, timed out by its own limit, or its environment died.
    FunctionError {
        /// What went wrong, for the terminal; clients never see it.
        message: String,
        /// `errorMessage` of the function's own report, if it made one: an authorizer says `Unauthorized` by it
        /// (contract §4).
        error_message: Option<String>,
    },
    /// The function could not be called: its environment does not start.
    Unavailable {
        /// What went wrong, for the terminal; clients never see it.
        message: String,
    },
}

/// What the gateway takes at home, where it does not check signatures.
const SIGNED_BY_NOBODY: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260505/us-east-1/execute-api/aws4_request, \
                                SignedHeaders=host, Signature=00";

/// A request to the `@connections` management API (contract §5).
#[derive(Clone, Debug)]
pub struct ManagementRequest {
    /// `POST`, `GET` or `DELETE`.
    pub method: String,
    /// The path as sent, still percent-encoded: `/dev/@connections/AbCdEdXyZ_wCQr0%3D`.
    pub path: String,
    /// What follows the `?` as sent, still percent-encoded; empty if there is none.
    pub query: String,
    /// The headers. Only those matter that a signature covers, and `Authorization` itself.
    pub headers: HeaderMap,
    /// The body; of a body above the message limit, the first bytes beyond the limit are enough.
    pub body: Bytes,
    /// The mapping of a custom domain that it came over, if it did.
    pub mapping: Option<DomainMapping>,
}

impl ManagementRequest {
    /// A request as programs send it to the gateway at home, signed by nobody in particular; for tests and examples.
    ///
    /// ```
    /// use lift_ws_local::core::ManagementRequest;
    ///
    /// let request = ManagementRequest::new("POST", "/dev/@connections/AbCdEdXyZ_wCQr0%3D", "hello");
    /// assert!(request.headers["authorization"].to_str()?.starts_with("AWS4-HMAC-SHA256 "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(method: &str, path: &str, body: impl Into<Bytes>) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(SIGNED_BY_NOBODY))]),
            body: body.into(),
            mapping: None,
        }
    }

    /// What stands where a connection's id does.
    #[cfg(feature = "server")]
    pub(crate) fn connection(&self) -> ConnectionId {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        super::url::decode(last).as_str().into()
    }

    /// Whether a path, as sent, belongs to the management API rather than to the handshake: whether its first
    /// or second segment is `@connections`, however encoded.
    ///
    /// ```
    /// use lift_ws_local::core::ManagementRequest;
    ///
    /// assert!(ManagementRequest::is_for("/dev/%40connections/AbCdEdXyZ_wCQr0%3D"));
    /// assert!(ManagementRequest::is_for("/@connections/AbCdEdXyZ_wCQr0="));
    /// assert!(!ManagementRequest::is_for("/dev"));
    /// ```
    #[must_use]
    pub fn is_for(path: &str) -> bool {
        let mut segments = path.trim_start_matches('/').split('/').take(2);
        segments.any(|segment| segment.strip_suffix("connections").is_some_and(|at| at == "@" || at == "%40"))
    }
}
