//! Why a message did not go out.

use std::error::Error;
use std::fmt;

use super::{BroadcastReport, CallbackUrl, Record};
use crate::error::Public;
use crate::push::{PostError, PostErrorKind};
use crate::shown::shown;
use crate::store::StoreError;

type Source = Box<dyn Error + Send + Sync>;

/// What kind of failure a [`SendError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// The request could not be made, mostly for want of credentials; nothing was sent.
    Configuration,
    /// The connection answers 410 and is so young that its handshake may still be going on.
    Connecting,
    /// The gateway refused the call: permission, or the wrong callback URL.
    Forbidden,
    /// The connection is gone: closed, or never there.
    Gone,
    /// The connection id is malformed.
    InvalidConnectionId,
    /// The message does not become JSON.
    Json,
    /// The handle knows no callback URL: it was made outside an event.
    NoCallbackUrl,
    /// The time was up before the message was sent.
    NotSent,
    /// The broadcast could not be handed over to the queue; the source says why.
    Queue,
    /// The gateway refused the call in another way.
    Refused,
    /// The connection store failed; the source says why.
    Store,
    /// The gateway asked to slow down until tries or time ran out.
    Throttled,
    /// The message is larger than the gateway takes.
    TooLarge,
    /// A broadcast that is handed over leaves out more connections than can be stored with it.
    TooManyExceptions,
    /// Nobody knows whether the message arrived.
    UnknownOutcome,
    /// The gateway cannot be reached; the message was not sent.
    Unreachable,
}

impl SendErrorKind {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Configuration => {
                "the request to the management API could not be made, nothing was sent: the cause says what is \
                 missing, mostly credentials (the function's role, or a profile) or the region"
            }
            Self::Connecting => {
                "the connection cannot be posted to yet: it is seconds old and its handshake may not have \
                 finished; inside `$connect` a connection never takes a post, so let the client speak first"
            }
            Self::Forbidden => {
                "the management API refused the call: allow execute-api:ManageConnections on \
                 `{api}/{stage}/*/@connections/*`, and check the callback URL: on the default endpoint it ends with \
                 the stage, on a custom domain it must not"
            }
            Self::Gone => {
                "the connection is gone: it has closed, or it is still in `$connect`, where it cannot be posted to \
                 before the handler has returned"
            }
            Self::InvalidConnectionId => "the gateway says that this is no connection id",
            Self::Json => "the message does not become JSON",
            Self::NoCallbackUrl => {
                "this handle belongs to no API: use the one that the event gives, or `.at(callback_url)`"
            }
            Self::NotSent => "the time was up before the message was sent",
            Self::Queue => "the broadcast could not be handed over to the queue",
            Self::Refused => "the management API refused the call",
            Self::Store => "the connection store failed",
            Self::Throttled => {
                "the gateway asked to slow down: its request rate is used up, or this client reads too slowly"
            }
            Self::TooLarge => {
                "the message is larger than the 131072 bytes that the gateway takes: split it, or send a link"
            }
            Self::TooManyExceptions => {
                "a broadcast that is handed over can leave out some 10,000 connections (262144 bytes of what is stored \
                 beside its message): put those who are to get it into a group"
            }
            Self::UnknownOutcome => {
                "nobody knows whether the message arrived: sending it again may deliver it twice"
            }
            Self::Unreachable => {
                "the management API cannot be reached, nothing was sent: check the callback URL"
            }
        }
    }
}

/// Why a message did not go out.
///
/// A handler may return it. A client then reads `message_too_large`, the code of a [`StoreError`] below it, or
/// `internal_error` with no text of ours; the log gets it whole. `?` into [`Error`](crate::Error) keeps the codes.
#[derive(Debug)]
pub struct SendError {
    kind: SendErrorKind,
    details: Box<Details>,
}

#[derive(Debug, Default)]
struct Details {
    connection_id: Option<String>,
    callback_url: Option<CallbackUrl>,
    report: Option<BroadcastReport>,
    departed: Option<Box<Record>>,
    source: Option<Source>,
}

impl SendError {
    pub(crate) fn new(kind: SendErrorKind) -> Self {
        Self { kind, details: Box::default() }
    }

    pub(crate) fn to(mut self, connection_id: &str) -> Self {
        self.details.connection_id = Some(connection_id.to_owned());
        self
    }

    pub(crate) fn at(mut self, callback_url: &CallbackUrl) -> Self {
        self.details.callback_url = Some(callback_url.clone());
        self
    }

    pub(crate) fn after(mut self, report: BroadcastReport) -> Self {
        self.details.report = Some(report);
        self
    }

    pub(crate) fn removing(mut self, record: Box<Record>) -> Self {
        self.details.departed = Some(record);
        self
    }

    pub(crate) fn because(mut self, source: impl Into<Source>) -> Self {
        self.details.source = Some(source.into());
        self
    }

    pub(crate) fn from_post(error: PostError) -> Self {
        let kind = match error.kind() {
            PostErrorKind::Configuration => SendErrorKind::Configuration,
            PostErrorKind::Forbidden => SendErrorKind::Forbidden,
            PostErrorKind::Gone => SendErrorKind::Gone,
            PostErrorKind::InvalidConnectionId => SendErrorKind::InvalidConnectionId,
            PostErrorKind::NotSent => SendErrorKind::NotSent,
            PostErrorKind::Refused => SendErrorKind::Refused,
            PostErrorKind::Throttled => SendErrorKind::Throttled,
            PostErrorKind::TooLarge => SendErrorKind::TooLarge,
            PostErrorKind::UnknownOutcome => SendErrorKind::UnknownOutcome,
            PostErrorKind::Unreachable => SendErrorKind::Unreachable,
        };
        Self::new(kind).because(error)
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// The connection it was about, if it was one.
    #[must_use]
    pub fn connection_id(&self) -> Option<&str> {
        self.details.connection_id.as_deref()
    }

    /// What had become of the recipients before, if there were several.
    #[must_use]
    pub fn report(&self) -> Option<&BroadcastReport> {
        self.details.report.as_ref()
    }

    /// What a client may know of it.
    pub(crate) fn public(&self) -> Public {
        let source = self.details.source.as_deref();
        match (self.kind, source.and_then(|source| source.downcast_ref::<StoreError>())) {
            (SendErrorKind::TooLarge, _) => Public {
                status: 413,
                code: "message_too_large",
                message: "the message is larger than the gateway delivers",
            },
            (_, Some(error)) => error.public(),
            // A recipient that is gone is not the client that reads this.
            _ => Public::INTERNAL,
        }
    }

    /// The record of the connection as it was, if this call found it gone and removed it.
    ///
    /// Its `$disconnect` handler will not see the record: where others are told who left, this caller tells them.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// if let Err(error) = conns.send("AbC=", "hello").await {
    ///     let Some(gone) = error.departed() else { return Err(error) };
    ///     for group in gone.groups() {
    ///         conns.group(group).send(&("left", gone.user())).await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn departed(&self) -> Option<&Record> {
        self.details.departed.as_deref()
    }

    /// Whether the same call may be made again without the message arriving twice.
    #[must_use]
    pub fn is_retry_safe(&self) -> bool {
        use SendErrorKind::{Connecting, NotSent, Throttled, Unreachable};
        matches!(self.kind, Connecting | NotSent | Throttled | Unreachable)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.sentence())?;
        match (self.connection_id().map(shown), &self.details.callback_url) {
            (Some(id), Some(url)) => write!(f, " (connection `{id}` at {url})"),
            (Some(id), None) => write!(f, " (connection `{id}`)"),
            (None, Some(url)) => write!(f, " (at {url})"),
            (None, None) => Ok(()),
        }
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.details.source.as_deref().map(|source| source as _)
    }
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::new(SendErrorKind::Store).because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_where_and_what_to_do() {
        let url = CallbackUrl::new("https://a1.example.org/prod");
        let error = SendError::new(SendErrorKind::Gone).to("AbC=").at(&url);
        let text = error.to_string();
        assert!(text.contains("still in `$connect`"), "{text}");
        assert!(text.ends_with("(connection `AbC=` at https://a1.example.org/prod)"), "{text}");
    }

    #[test]
    fn a_message_that_may_have_arrived_is_not_safe_to_retry() {
        assert!(!SendError::new(SendErrorKind::UnknownOutcome).is_retry_safe());
        assert!(SendError::new(SendErrorKind::Throttled).is_retry_safe());
    }
}
