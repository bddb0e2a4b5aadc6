//! Refusals on demand: what AWS does now and then, and a program or client should be tested against.

use hyper::StatusCode;

/// Something that goes wrong once, at the next occasion; see [`Input::Fault`](super::Input::Fault).
///
/// A client gets exactly what the true cause would give it, so that its reaction can be tested before, or
/// without, configuring the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The next handshake is refused with 403, as for a wrong API key.
    Forbidden,
    /// The next handshake is refused with 429, as when connections are throttled.
    ConnectThrottled,
    /// The next message that has a route is refused as one that its request model does not allow.
    BadRequestBody,
    /// The next message that has a route is refused as one too many.
    MessageThrottled,
    /// The next request to `@connections` is answered with 429, as when posts are throttled or the client's
    /// socket buffer is full.
    ManagementThrottled,
    /// The next connection ends without its DISCONNECT, which AWS does not guarantee (contract §6.4).
    DisconnectLost,
}

impl Fault {
    /// The status with which a handshake is refused, if it is one of handshakes.
    fn handshake_status(self) -> Option<StatusCode> {
        match self {
            Self::Forbidden => Some(StatusCode::FORBIDDEN),
            Self::ConnectThrottled => Some(StatusCode::TOO_MANY_REQUESTS),
            _ => None,
        }
    }

    fn is_of_messages(self) -> bool {
        matches!(self, Self::BadRequestBody | Self::MessageThrottled)
    }
}

/// The faults that have not met their occasion.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    /// Whether this fault was waiting; it does no longer.
    pub(super) fn take(&mut self, fault: Fault) -> bool {
        self.take_first(|waiting| waiting == fault).is_some()
    }

    /// The status that the next handshake meets.
    pub(super) fn take_handshake(&mut self) -> Option<StatusCode> {
        self.take_first(|fault| fault.handshake_status().is_some())?.handshake_status()
    }

    /// What the next message meets.
    pub(super) fn take_message(&mut self) -> Option<Fault> {
        self.take_first(Fault::is_of_messages)
    }

    fn take_first(&mut self, wanted: impl Fn(Fault) -> bool) -> Option<Fault> {
        let place = self.waiting.iter().position(|fault| wanted(*fault))?;
        Some(self.waiting.remove(place))
    }
}
