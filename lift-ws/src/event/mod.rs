//! One event of a WebSocket API, borrowed from its bytes.
//!
//! [`Envelope::parse`] looks at what kind of payload the function was given, and reads an [`Event`] in one pass.

#[cfg(feature = "aws-lambda-events")]
mod convert;
mod envelope;
mod json;
mod parse;

#[cfg(feature = "aws-lambda-events")]
pub use convert::{ConvertError, to_bytes};
pub use envelope::{Envelope, OtherEvent, OtherSource};

pub(crate) use json::{Read, Reader, Span};

use parse::Fields;
use std::fmt;

/// What happened: dispatch looks at this first, and only then at the route key, which a client may choose.
///
/// Follows contract §2.1, `requestContext.eventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A client asks for a connection; the answer decides the handshake.
    Connect,
    /// A client sent a text message.
    Message,
    /// A connection is gone.
    Disconnect,
}

impl EventType {
    /// The word that AWS uses: `CONNECT`, `MESSAGE` or `DISCONNECT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::Connect => "CONNECT",
            EventType::Message => "MESSAGE",
            EventType::Disconnect => "DISCONNECT",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The payload is not an event that can be read: what is wrong, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    what: &'static str,
    at: usize,
}

impl Malformed {
    pub(crate) const fn new(what: &'static str, at: usize) -> Self {
        Malformed { what, at }
    }

    /// The offset in bytes where reading stopped.
    pub const fn offset(&self) -> usize {
        self.at
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed event: {} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

/// One event, borrowed from the invocation's bytes. Text with escapes (the body, as a rule) lives in a scratch
/// buffer that is reused from event to event; everything else points into the bytes.
///
/// Handlers and middleware may take `&Event<'_>` as an argument.
///
/// ```
/// use lift_ws::event::{Envelope, EventType};
///
/// let bytes = br#"{"requestContext":{"routeKey":"say","eventType":"MESSAGE","connectionId":"L0SM9cOFvHcCIhw="},"body":"hi"}"#;
/// let mut scratch = String::new();
/// let Ok(Envelope::WebSocket(event)) = Envelope::parse(bytes, &mut scratch) else { panic!() };
/// assert_eq!(event.event_type(), EventType::Message);
/// assert_eq!((event.route_key(), event.body()), ("say", "hi"));
/// ```
///
/// Follows contract §2.
#[derive(Clone, Copy)]
pub struct Event<'e> {
    event_type: EventType,
    /// Where everything lies, in the bytes or in the scratch: most handlers ask for little of it.
    fields: Fields,
    input: &'e str,
    scratch: &'e str,
}

impl<'e> Event<'e> {
    /// What happened. An authorizer is asked about a handshake: its events say `Connect`, too.
    pub const fn event_type(&self) -> EventType {
        self.event_type
    }

    /// The route key that the gateway chose; for messages it may be any text that a client sent.
    pub fn route_key(&self) -> &'e str {
        self.text(self.fields.route_key)
    }

    /// The opaque id of the connection, such as `L0SM9cOFvHcCIhw=`.
    pub fn connection_id(&self) -> &'e str {
        self.text(self.fields.connection_id)
    }

    /// The gateway's id of this request; errors that clients see carry it, and so do log lines.
    pub fn request_id(&self) -> &'e str {
        self.text(self.fields.request_id)
    }

    /// The gateway's id of the message; `None` on CONNECT and DISCONNECT.
    pub fn message_id(&self) -> Option<&'e str> {
        present(self.text(self.fields.message_id))
    }

    /// The host that the client called: the API's own or a custom domain.
    pub fn domain_name(&self) -> &'e str {
        self.text(self.fields.domain_name)
    }

    /// The stage's name.
    pub fn stage(&self) -> &'e str {
        self.text(self.fields.stage)
    }

    /// The id of the API.
    pub fn api_id(&self) -> &'e str {
        self.text(self.fields.api_id)
    }

    /// When the connection was made, in milliseconds since the epoch; 0 if the event does not say.
    pub const fn connected_at(&self) -> i64 {
        self.fields.connected_at
    }

    /// When the gateway got the request, in milliseconds since the epoch; 0 if the event does not say.
    pub const fn request_time_epoch(&self) -> i64 {
        self.fields.request_time_epoch
    }

    /// The client's address, as the gateway saw it.
    pub fn source_ip(&self) -> &'e str {
        self.text(self.fields.source_ip)
    }

    /// The client's `User-Agent`, if it sent one.
    pub fn user_agent(&self) -> Option<&'e str> {
        present(self.text(self.fields.user_agent))
    }

    /// The message as it came; empty on CONNECT and DISCONNECT.
    pub fn body(&self) -> &'e str {
        self.text(self.fields.body)
    }

    /// Is the body base64? API Gateway refuses binary frames, so this is `false` in practice (contract §6.3).
    pub const fn is_base64_encoded(&self) -> bool {
        self.fields.is_base64_encoded
    }

    /// The close code of a DISCONNECT, such as 1005.
    pub const fn disconnect_status_code(&self) -> Option<i64> {
        self.fields.disconnect_status_code
    }

    /// The close reason of a DISCONNECT; may be empty.
    pub fn disconnect_reason(&self) -> &'e str {
        self.text(self.fields.disconnect_reason)
    }

    /// What the gateway asks a Lambda authorizer about, such as
    /// `arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/$connect`; `None` on the events of routes (contract §4).
    pub fn method_arn(&self) -> Option<&'e str> {
        present(self.text(self.fields.method_arn))
    }

    /// An authorizer's event for an app that has no authorizer.
    pub(crate) const fn as_other(&self) -> OtherEvent<'e> {
        OtherEvent::new(OtherSource::Authorizer, self.input)
    }

    /// What the Lambda authorizer returned, as JSON; `None` without one. [`Authorizer`](crate::extract::Authorizer)
    /// gives it a type.
    pub fn authorizer_json(&self) -> Option<&'e str> {
        present(self.authorizer())
    }

    /// JSON as it is written, empty where absent or null; so are the others below.
    pub(crate) fn authorizer(&self) -> &'e str {
        self.text(self.fields.authorizer)
    }

    pub(crate) fn headers(&self) -> &'e str {
        self.text(self.fields.headers)
    }

    pub(crate) fn multi_value_headers(&self) -> &'e str {
        self.text(self.fields.multi_value_headers)
    }

    pub(crate) fn query(&self) -> &'e str {
        self.text(self.fields.query)
    }

    pub(crate) fn multi_value_query(&self) -> &'e str {
        self.text(self.fields.multi_value_query)
    }

    pub(crate) fn stage_variables(&self) -> &'e str {
        self.text(self.fields.stage_variables)
    }

    #[inline]
    fn text(&self, span: Span) -> &'e str {
        span.of(self.input, self.scratch)
    }
}

fn present(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

impl fmt::Debug for Event<'_> {
    /// Leaves out the body, headers, query and authorizer context: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event_type", &self.event_type)
            .field("route_key", &self.route_key())
            .field("connection_id", &self.connection_id())
            .field("request_id", &self.request_id())
            .field("api_id", &self.api_id())
            .field("stage", &self.stage())
            .field("body_bytes", &self.body().len())
            .finish_non_exhaustive()
    }
}
