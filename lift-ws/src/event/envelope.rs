//! What kind of payload a function was given.

use super::Event;
use serde::Deserialize;

/// The payload of an invocation, told apart before anything is dispatched.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "made once per event, on the stack; boxing would allocate")]
pub enum Envelope<'e> {
    /// An event of a WebSocket API.
    WebSocket(Event<'e>),
    /// The gateway asks a Lambda authorizer (contract §4). What is said of the handshake is said as in a CONNECT event, but
    /// this must never run `$connect`: it goes to the app's `#[ws_app(authorizer = …)]`. An app without one takes it as
    /// [`OtherSource::Authorizer`].
    Authorizer(Event<'e>),
    /// Anything else: goes to the handler named by `#[ws_app(other = …)]`, or is refused.
    Other(OtherEvent<'e>),
}

/// A payload that is no WebSocket event, such as a queue's records.
///
/// ```
/// use lift_ws::event::{Envelope, OtherSource};
///
/// let mut scratch = String::new();
/// let bytes = br#"{"Records":[{"eventSource":"aws:sqs","body":"hi"}]}"#;
/// let Ok(Envelope::Other(other)) = Envelope::parse(bytes, &mut scratch) else { panic!() };
/// assert_eq!(other.source(), OtherSource::Records("aws:sqs"));
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Batch { records: Vec<serde_json::Value> }
/// assert_eq!(other.parse::<Batch>().unwrap().records.len(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OtherEvent<'e> {
    source: OtherSource<'e>,
    json: &'e str,
}

/// Where a payload that is no WebSocket event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherSource<'e> {
    /// The gateway asks a Lambda authorizer, and the app has none.
    Authorizer,
    /// Records of a queue or a stream, with the `eventSource` of the first, such as `aws:sqs`.
    Records(&'e str),
    /// Anything else.
    Unknown,
}

impl<'e> OtherEvent<'e> {
    pub(super) const fn new(source: OtherSource<'e>, json: &'e str) -> Self {
        OtherEvent { source, json }
    }

    /// Where it comes from.
    pub const fn source(&self) -> OtherSource<'e> {
        self.source
    }

    /// The payload as it came.
    pub const fn json(&self) -> &'e str {
        self.json
    }

    /// The payload as a type of yours, or of the `aws_lambda_events` crate.
    ///
    /// # Errors
    /// If the payload does not have the shape of `T`.
    pub fn parse<T: Deserialize<'e>>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.json)
    }
}
