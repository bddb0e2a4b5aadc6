//! Why an event was held back.

use crate::error::Public;
use crate::reply::BoxError;
use crate::{IntoReply, Reply};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Why an event was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitErrorKind {
    /// This was done before, and the reply is not kept: it was too large (`already_done`, 409).
    AlreadyDone,
    /// A handshake names nobody where connections are counted by name (`unauthorized`, 403).
    Anonymous,
    /// A message of the same id is being worked on (`in_progress`, 409).
    InProgress,
    /// The message has no id by which it could be known again (`missing_id`, 400).
    MissingId,
    /// The handler did not end in time (`timeout`, 504).
    TimedOut,
    /// The message is nested too deep (`too_deep`, 400).
    TooDeep,
    /// The message is too large (`too_large`, 413).
    TooLarge,
    /// There are as many connections as there may be (`too_many_connections`, 429).
    TooManyConnections,
    /// Too many messages, or handshakes, in too short a time (`too_many_requests`, 429).
    TooManyRequests,
    /// It cannot be known whether a limit is reached (`internal_error`, 503).
    Unavailable,
}

impl LimitErrorKind {
    pub(super) const fn public(self) -> Public {
        let (status, code, message) = match self {
            Self::AlreadyDone => (409, "already_done", "this was done before; its reply is not kept"),
            Self::Anonymous => (403, "unauthorized", "not authorized"),
            Self::InProgress => (409, "in_progress", "a message of this id is being worked on"),
            Self::MissingId => {
                (400, "missing_id", "the message needs an `id`: a text of at most 128 bytes, or an integer")
            }
            Self::TimedOut => (504, "timeout", "it took too long"),
            Self::TooDeep => (400, "too_deep", "the message is nested too deep"),
            Self::TooLarge => (413, "too_large", "the message is too large"),
            Self::TooManyConnections => (429, "too_many_connections", "there are too many connections"),
            Self::TooManyRequests => (429, "too_many_requests", "too many requests; slow down"),
            Self::Unavailable => (503, "internal_error", "internal error"),
        };
        Public { status, code, message }
    }
}

/// An event was held back. It is a reply; a client reads its code, and `retryAfterMs` where waiting helps.
#[derive(Debug)]
pub struct LimitError {
    kind: LimitErrorKind,
    /// In place of the kind's own words.
    message: Option<String>,
    retry_after: Option<Duration>,
    cause: Option<BoxError>,
}

impl LimitError {
    pub(super) const fn new(kind: LimitErrorKind) -> Self {
        Self { kind, message: None, retry_after: None, cause: None }
    }

    pub(super) fn after(self, time: Duration) -> Self {
        Self { retry_after: Some(time), ..self }
    }

    pub(super) fn saying(self, message: String) -> Self {
        Self { message: Some(message), ..self }
    }

    pub(super) fn because(self, cause: impl Into<BoxError>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// Why.
    pub const fn kind(&self) -> LimitErrorKind {
        self.kind
    }

    /// When it is worth trying again, where that is known.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What a client may know of it.
    pub(crate) const fn public(&self) -> Public {
        self.kind.public()
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.message, self.kind) {
            (Some(message), _) => f.write_str(message),
            (None, LimitErrorKind::Unavailable) => {
                f.write_str("it cannot be known whether the limit is reached")
            }
            (None, kind) => f.write_str(kind.public().message),
        }
    }
}

impl std::error::Error for LimitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<LimitErrorKind> for LimitError {
    fn from(kind: LimitErrorKind) -> Self {
        Self::new(kind)
    }
}

impl IntoReply for LimitError {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        let Public { status, code, message } = self.public();
        let message = self.message.map_or(Cow::Borrowed(message), Cow::Owned);
        let mut reply = Reply::error(code, message).with_status(status);
        if let Some(time) = self.retry_after {
            reply = reply.retry_after(time);
        }
        match self.cause {
            Some(cause) => reply.with_cause(cause),
            None => reply,
        }
    }
}
