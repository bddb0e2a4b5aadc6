//! The queue: the [`Queue`] trait, and what implements it.
//!
//! An app with jobs (`#[ws_app(jobs = […])]`), or one that says `queue = true` because it hands broadcasts over, takes
//! the events of one SQS queue itself. The queue is named by `LIFT_WS_QUEUE_URL`; writing to it needs the feature
//! `queue`, which is off by default, since it brings another AWS client into the binary. Reading needs neither: Lambda
//! does that.

pub(crate) mod body;
mod enqueue;
mod error;
pub(crate) mod event;
pub mod memory;
#[cfg(feature = "queue")]
pub mod sqs;

pub use error::{QueueError, QueueErrorKind};

use crate::store::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The environment variable that names the queue's URL; the deployment template and the local gateway set it.
pub const QUEUE_URL_VARIABLE: &str = "LIFT_WS_QUEUE_URL";

/// The environment variable that says how often the queue delivers a message before it goes to the dead letters:
/// `maxReceiveCount` of the redrive policy. It may be absent.
pub const MAX_RECEIVES_VARIABLE: &str = "LIFT_WS_QUEUE_MAX_RECEIVES";

/// How large a message may be, in bytes: SQS's limit, for one message as for all of a batch.
pub const MAX_QUEUE_MESSAGE_BYTES: usize = 1_048_576;

/// How long a message may be kept back: SQS's limit.
pub const MAX_DELAY: Duration = Duration::from_secs(15 * 60);

/// What is put into a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueMessage {
    /// The text, at most [`MAX_QUEUE_MESSAGE_BYTES`] of it.
    pub body: String,
    /// How long the queue keeps it back.
    pub delay: Duration,
}

impl QueueMessage {
    /// A message that may be delivered at once.
    #[must_use]
    pub fn new(body: impl Into<String>) -> Self {
        QueueMessage { body: body.into(), delay: Duration::ZERO }
    }

    /// The same message, kept back for a time, at most [`MAX_DELAY`].
    #[must_use]
    pub fn delayed(self, delay: Duration) -> Self {
        QueueMessage { delay: delay.min(MAX_DELAY), ..self }
    }
}

/// Takes messages that Lambda delivers later.
///
/// A message that was taken is delivered at least once; nobody promises an order.
pub trait Queue: fmt::Debug + Send + Sync + 'static {
    /// Puts one message into the queue.
    ///
    /// # Errors
    ///
    /// A [`QueueError`]; whether it [`may have been taken`](QueueError::may_have_been_taken) is told by it.
    fn send<'a>(&'a self, message: &'a QueueMessage) -> BoxFuture<'a, Result<(), QueueError>>;

    /// Puts many messages into the queue, in as few requests as it takes. The answers are in the order of the messages,
    /// one for each: some may have been taken and some not.
    fn send_batch<'a>(&'a self, messages: &'a [QueueMessage]) -> BoxFuture<'a, Vec<Result<(), QueueError>>>;

    /// Opens the network connection ahead of the first message. Failing is no harm, so nothing is returned.
    fn prewarm(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A shared queue is a queue: tests keep one handle and give the other away.
impl<Q: Queue + ?Sized> Queue for Arc<Q> {
    fn send<'a>(&'a self, message: &'a QueueMessage) -> BoxFuture<'a, Result<(), QueueError>> {
        (**self).send(message)
    }

    fn send_batch<'a>(&'a self, messages: &'a [QueueMessage]) -> BoxFuture<'a, Vec<Result<(), QueueError>>> {
        (**self).send_batch(messages)
    }

    fn prewarm(&self) -> BoxFuture<'_, ()> {
        (**self).prewarm()
    }
}
