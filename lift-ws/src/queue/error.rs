//! Why nothing was enqueued.

use crate::{Error, IntoReply, Reply};
use std::fmt;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What kind of failure a [`QueueError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueueErrorKind {
    /// The credentials may not do this.
    AccessDenied,
    /// The request could not be made, mostly for want of credentials.
    Configuration,
    /// A job is to be kept back longer than [`MAX_DELAY`](super::MAX_DELAY).
    DelayTooLong,
    /// The payload does not become JSON.
    Json,
    /// The handle has no queue.
    NoQueue,
    /// The queue does not exist.
    NoSuchQueue,
    /// The queue refused the message in another way.
    Other,
    /// The queue asked to slow down.
    Throttled,
    /// No answer came in time: the message may have been taken.
    Timeout,
    /// The message is larger than the queue takes.
    TooLarge,
    /// The queue cannot be reached, or failed inside: the message may have been taken.
    Unavailable,
}

impl QueueErrorKind {
    const fn sentence(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "the queue refused the call: allow `sqs:SendMessage` on it to the function's role"
            }
            Self::Configuration => {
                "the request to the queue could not be made, nothing was enqueued: the cause says what is missing, \
                 mostly credentials or the region"
            }
            Self::DelayTooLong => {
                "a job can be kept back for 15 minutes at most: for longer let EventBridge Scheduler write it to the \
                 queue, or have the job enqueue itself again"
            }
            Self::Json => "the job's payload does not become JSON",
            #[cfg(all(feature = "aws", not(feature = "queue")))]
            Self::NoQueue => {
                "there is no queue: lift-ws was built without its feature `queue`; write \
                 `lift-ws = { …, features = [\"queue\"] }`, and set LIFT_WS_QUEUE_URL to the queue's URL (`cargo lift-ws \
                 dev` does so at home)"
            }
            #[cfg(not(all(feature = "aws", not(feature = "queue"))))]
            Self::NoQueue => {
                "there is no queue: set LIFT_WS_QUEUE_URL to its URL, and build lift-ws with the feature `queue` (at \
                 home `cargo lift-ws dev` makes the queue of an app with `jobs = […]` or `queue = true`)"
            }
            Self::NoSuchQueue => {
                "the queue does not exist: create it, or correct LIFT_WS_QUEUE_URL (account, region and name are in it)"
            }
            Self::Other => "the queue refused the message",
            Self::Throttled => "the queue asked to slow down",
            Self::Timeout => "the queue did not answer in time: the message may have been taken",
            Self::TooLarge => {
                "the message is larger than the 1048576 bytes that SQS takes: store what is large, and enqueue where it is"
            }
            Self::Unavailable => "the queue cannot be reached, or failed: the message may have been taken",
        }
    }
}

/// Why nothing, or perhaps nothing, was enqueued.
///
/// A handler may return it. A client then reads `internal_error` with no text of ours; the log gets it whole.
#[derive(Debug)]
pub struct QueueError {
    kind: QueueErrorKind,
    subject: Option<Box<str>>,
    source: Option<Source>,
}

impl QueueError {
    /// A failure of the given kind.
    #[must_use]
    pub fn new(kind: QueueErrorKind) -> Self {
        Self { kind, subject: None, source: None }
    }

    /// Says what the failure was about: a job, a queue.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into().into_boxed_str());
        self
    }

    /// Keeps the failure below.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> QueueErrorKind {
        self.kind
    }

    /// Whether the message may be in the queue all the same, so that enqueueing again may deliver it twice.
    #[must_use]
    pub fn may_have_been_taken(&self) -> bool {
        matches!(self.kind, QueueErrorKind::Timeout | QueueErrorKind::Unavailable)
    }
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.sentence())?;
        match &self.subject {
            Some(subject) => write!(f, " (`{subject}`)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for QueueError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<QueueErrorKind> for QueueError {
    fn from(kind: QueueErrorKind) -> Self {
        Self::new(kind)
    }
}

impl IntoReply for QueueError {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        Error::from(self).into_reply()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_queue_the_error_says_what_to_set() {
        let text = QueueError::new(QueueErrorKind::NoQueue).to_string();
        assert!(text.contains("LIFT_WS_QUEUE_URL") && text.contains("feature `queue`"), "{text}");
    }

    #[test]
    fn a_client_reads_no_text_of_ours() {
        let reply = QueueError::new(QueueErrorKind::NoSuchQueue).about("secret").into_reply();
        assert_eq!(
            (reply.error_code(), reply.error_message()),
            (Some("internal_error"), Some("internal error"))
        );
        assert!(reply.cause().unwrap().to_string().contains("secret"));
    }

    #[test]
    fn only_an_answer_that_did_not_come_leaves_it_open() {
        assert!(QueueError::new(QueueErrorKind::Timeout).may_have_been_taken());
        assert!(!QueueError::new(QueueErrorKind::Throttled).may_have_been_taken());
    }
}
