//! What the core asks the shell to do.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::faults::Fault;
use super::ids::{CallId, ConnectionId, InvocationId, SocketId};
use super::moment::Moment;

/// Something to be done outside. The shell does them in order and reports back by [`Input`](super::Input).
#[derive(Clone, Debug)]
pub enum Action {
    /// Answer the handshake with 101; from now on the socket is this connection.
    Accept {
        /// The socket of the handshake.
        socket: SocketId,
        /// The connection's id.
        connection: ConnectionId,
        /// `Sec-WebSocket-Protocol` of the answer, exactly as `$connect` returned it; the gateway never picks
        /// one itself (contract §3.2).
        subprotocol: Option<String>,
    },
    /// Answer the HTTP request with this and nothing else.
    Refuse {
        /// The socket of the handshake.
        socket: SocketId,
        /// What the connection would have been called: events before it name it.
        connection: ConnectionId,
        /// The HTTP status.
        status: u16,
        /// `Content-Type` of the body.
        content_type: &'static str,
        /// The body.
        body: Bytes,
    },
    /// Give the function this event; [`Input::Invoked`](super::Input::Invoked) is the answer.
    Invoke {
        /// The id that the answer names.
        invocation: InvocationId,
        /// The step that the event is about. Which function is asked follows from it and the route.
        event_type: EventType,
        /// The route, for the terminal and to choose the function; an authorizer's event has `$connect`.
        route_key: String,
        /// The event's JSON.
        event: Bytes,
        /// The connection, for the terminal.
        connection: ConnectionId,
        /// When the gateway gives up; the function may run longer (contract §3.5).
        deadline: Moment,
    },
    /// The gateway has given up on this invocation. The function may still run; its answer will be ignored.
    Abandon {
        /// The id from [`Action::Invoke`].
        invocation: InvocationId,
        /// The connection from [`Action::Invoke`].
        connection: ConnectionId,
    },
    /// Send a text message, in frames of at most [`Limits::frame_bytes`](super::Limits::frame_bytes).
    Send {
        /// To whom.
        connection: ConnectionId,
        /// The text.
        text: String,
    },
    /// Send a close frame. For the gateway the connection is gone already.
    Close {
        /// To whom.
        connection: ConnectionId,
        /// The status code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// Answer a request to `@connections`.
    Answer {
        /// The request.
        call: CallId,
        /// The HTTP status.
        status: u16,
        /// The header `x-amzn-ErrorType`, by which SDKs know the error (contract §5.4).
        error_type: Option<&'static str>,
        /// The body: JSON (`application/json`), or nothing.
        body: Bytes,
    },
    /// An event is done with, for one line in the terminal.
    Finished(Finished),
}

/// One event from its start to its end, as the gateway saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The invocation that it was; none, if the function was not called.
    pub invocation: Option<InvocationId>,
    /// CONNECT, MESSAGE or DISCONNECT, or that an authorizer was asked.
    pub event_type: EventType,
    /// The route key; for [`Verdict::NoRoute`] what the expression evaluated to.
    pub route_key: String,
    /// The connection.
    pub connection: ConnectionId,
    /// When the event was made.
    pub started: Moment,
    /// When its outcome was known.
    pub ended: Moment,
    /// What came of it.
    pub verdict: Verdict,
}

impl Finished {
    /// Whose event it was, for people: the route key; `authorizer` for one, which has no route of its own.
    #[must_use]
    pub fn whose(&self) -> &str {
        match self.event_type {
            EventType::Authorizer => "authorizer",
            _ => &self.route_key,
        }
    }

    /// What came of it, for people, and as internal as the verdict. Texts of functions and clients are as they came.
    ///
    /// Whatever is wrong with an authorizer or its answer refuses the client, with a status that its verdict does not show.
    #[must_use]
    pub fn outcome(&self) -> String {
        match (self.event_type, &self.verdict) {
            (EventType::Authorizer, Verdict::Malformed { problem }) => format!("refused, 500: {problem}"),
            (EventType::Authorizer, Verdict::Authorized | Verdict::Refused { .. }) => {
                self.verdict.to_string()
            }
            (EventType::Authorizer, _) => format!("refused, 500: {}", self.verdict),
            _ => self.verdict.to_string(),
        }
    }
}

/// The lifecycle step that an event reports: `requestContext.eventType`, but for authorizers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// The question to a Lambda authorizer, which comes before CONNECT (contract §4). Its event has
    /// `"type": "REQUEST"`, and the context of CONNECT.
    Authorizer,
    /// The handshake.
    Connect,
    /// A client's message.
    Message,
    /// The end of a connection.
    Disconnect,
}

impl EventType {
    /// The word in the event: `CONNECT`, `MESSAGE` or `DISCONNECT`; `AUTHORIZER` stands in no event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorizer => "AUTHORIZER",
            Self::Connect => "CONNECT",
            Self::Message => "MESSAGE",
            Self::Disconnect => "DISCONNECT",
        }
    }
}

/// What came of an event, for people; every text may hold internals and stays in the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The function returned a proxy response with this status; on `$connect` it refuses unless 2xx.
    Status(u16),
    /// The authorizer lets the client in.
    Authorized,
    /// The authorizer, or what it needs of the handshake and does not get, refuses the client (contract §4).
    Refused {
        /// The status of the refused handshake.
        status: u16,
        /// Why, and what to do if it should not.
        reason: String,
    },
    /// The function returned something that is no proxy response (contract §3.1), or as an authorizer no policy.
    Malformed {
        /// What is wrong with it.
        problem: String,
    },
    /// The function failed.
    FunctionError {
        /// As the function or the environment told.
        message: String,
    },
    /// The function could not be called.
    Unavailable {
        /// As the environment told.
        message: String,
    },
    /// The gateway gave up waiting.
    TimedOut {
        /// How long it waits: [`Limits::integration_timeout`](super::Limits::integration_timeout).
        limit: Duration,
    },
    /// The event never reached the function, since a fault was asked for.
    Fault(Fault),
    /// No route matches the message and there is no `$default`; the function was not called.
    NoRoute(NoRoute),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Authorized => f.write_str("allowed"),
            Self::Refused { status, reason } => write!(f, "refused, {status}: {reason}"),
            Self::Malformed { problem } => write!(f, "malformed response: {problem}"),
            Self::FunctionError { message } => write!(f, "function error: {message}"),
            Self::Unavailable { message } => write!(f, "no environment: {message}"),
            Self::TimedOut { limit } => {
                let limit = limit.as_secs_f64();
                write!(f, "timed out: the gateway waits {limit} s for an answer (integration_timeout)")
            }
            Self::Fault(fault) => write!(f, "fault on demand: {fault:?}"),
            Self::NoRoute(reason) => write!(f, "no route: {reason}"),
        }
    }
}

/// Why no route but `$default` could take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// The message is not JSON, so the route selection expression does not apply.
    NotJson,
    /// The route selection expression found nothing in the message: the field is missing, `null` or empty.
    NoKey,
    /// There is a key, but no route that messages reach has it.
    UnknownKey,
}

impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJson => "the message is not JSON, and there is no $default route",
            Self::NoKey => {
                "the route selection expression found no key in the message, and there is no $default route"
            }
            Self::UnknownKey => "no route has this key, and there is no $default route",
        })
    }
}
