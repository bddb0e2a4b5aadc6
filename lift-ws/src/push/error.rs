//! What a failed call of the management API means.

use std::error::Error;
use std::fmt;

type Source = Box<dyn Error + Send + Sync>;

/// What kind of failure a [`PostError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PostErrorKind {
    /// The request could not be made, mostly for want of credentials: nothing was delivered.
    Configuration,
    /// 403: permission, or the wrong address.
    Forbidden,
    /// 410: the connection is closed, or still in its handshake.
    Gone,
    /// 400: the gateway cannot read the connection id.
    InvalidConnectionId,
    /// The time was up before the request was made.
    NotSent,
    /// Another refusal; nothing was delivered.
    Refused,
    /// 429: the rate is used up, or the client's socket buffer is full. Nothing was delivered.
    Throttled,
    /// 413: the message is too large.
    TooLarge,
    /// A timeout, a reset after the request was written, or a 5xx: the message may have arrived.
    UnknownOutcome,
    /// The gateway was not reached: nothing was delivered.
    Unreachable,
}

impl PostErrorKind {
    /// What a status means, whatever the body and the headers say: 410 comes with an empty body (contract §5.4).
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        match status {
            400 => Self::InvalidConnectionId,
            401 | 403 => Self::Forbidden,
            410 => Self::Gone,
            413 => Self::TooLarge,
            429 => Self::Throttled,
            402..=499 => Self::Refused,
            _ => Self::UnknownOutcome,
        }
    }
}

/// A failed call of the management API.
#[derive(Debug)]
pub struct PostError {
    kind: PostErrorKind,
    status: Option<u16>,
    source: Option<Source>,
}

impl PostError {
    /// A failure of the given kind.
    #[must_use]
    pub fn new(kind: PostErrorKind) -> Self {
        Self { kind, status: None, source: None }
    }

    /// What an answer with this status means.
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        Self { kind: PostErrorKind::from_status(status), status: Some(status), source: None }
    }

    /// Keeps the failure below.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> PostErrorKind {
        self.kind
    }

    /// The status the gateway answered with, if it answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl fmt::Display for PostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.kind) {
            (Some(status), _) => write!(f, "the management API answered {status}"),
            (None, PostErrorKind::UnknownOutcome) => f.write_str("the management API did not answer"),
            (None, PostErrorKind::Configuration) => f.write_str("the request could not be made"),
            (None, PostErrorKind::NotSent) => f.write_str("the time was up"),
            (None, PostErrorKind::Unreachable) => f.write_str("the management API was not reached"),
            (None, kind) => write!(f, "the call of the management API failed: {kind:?}"),
        }
    }
}

impl Error for PostError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_inside_the_gateway_leaves_the_outcome_unknown() {
        for status in [400, 401, 403, 404, 410, 413, 429] {
            assert_ne!(PostErrorKind::from_status(status), PostErrorKind::UnknownOutcome, "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert_eq!(PostErrorKind::from_status(status), PostErrorKind::UnknownOutcome, "{status}");
        }
        assert_eq!(PostErrorKind::from_status(410), PostErrorKind::Gone);
    }
}
