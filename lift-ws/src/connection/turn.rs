//! One recipient's turn in a message to many, and what became of it.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::SemaphorePermit;

use super::deliver::Repeat;
use super::{CallbackUrl, Connections};
use crate::push::{PostError, PostErrorKind};
use crate::store::BroadcastCounts;

/// How long before the time is up the last turn may begin, at most: its post has to end, too. One that is cut off may
/// have arrived or not, and lies behind the cursor.
pub(super) const LAST_POST: Duration = Duration::from_secs(2);

/// A message to many, as each of them gets it.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) connections: &'a Connections,
    pub(super) url: &'a CallbackUrl,
    pub(super) message: Bytes,
    pub(super) repeat: Repeat,
    /// The first failure has been logged: those that follow mostly have the same cause.
    pub(super) has_warned: AtomicBool,
}

/// What became of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Delivered,
    Gone,
    Connecting,
    Throttled,
    Unknown,
    /// Nobody was reached by then, neither this recipient nor others: it says nothing about the recipient.
    Unreached,
    Failed,
}

impl Letter<'_> {
    /// Delivers it to one, in a place that was taken.
    pub(super) async fn deliver(
        &self,
        connection_id: &str,
        connected_at: Option<u64>,
        place: SemaphorePermit<'_>,
    ) -> Outcome {
        let message = self.message.clone();
        let post = self.connections.deliver(self.url, connection_id, message, self.repeat, Some(place));
        let outcome = match post.await {
            Ok(()) => Outcome::Delivered,
            Err(error) => {
                let outcome = self.outcome(error.kind(), connected_at);
                if matches!(outcome, Outcome::Unreached | Outcome::Failed) {
                    self.warn_once(connection_id, &error);
                }
                outcome
            }
        };
        self.connections.tally().had_turn(outcome);
        outcome
    }

    fn outcome(&self, failure: PostErrorKind, connected_at: Option<u64>) -> Outcome {
        match failure {
            PostErrorKind::Gone if self.may_be_connecting(connected_at) => Outcome::Connecting,
            PostErrorKind::Gone => Outcome::Gone,
            PostErrorKind::Throttled => Outcome::Throttled,
            PostErrorKind::UnknownOutcome => Outcome::Unknown,
            PostErrorKind::Unreachable | PostErrorKind::Configuration => Outcome::Unreached,
            _ => Outcome::Failed,
        }
    }

    fn warn_once(&self, connection_id: &str, error: &PostError) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                connection_id,
                error = error as &dyn Error,
                "a message to many could not be posted to a recipient; further failures are counted, not logged"
            );
        }
    }

    fn may_be_connecting(&self, connected_at: Option<u64>) -> bool {
        connected_at.is_some_and(|at| at >= self.connections.connected_before())
    }
}

impl Outcome {
    pub(super) fn count_in(self, counts: &mut BroadcastCounts) {
        *match self {
            Self::Delivered => &mut counts.delivered,
            Self::Gone => &mut counts.gone,
            Self::Connecting => &mut counts.connecting,
            Self::Throttled => &mut counts.throttled,
            Self::Unknown => &mut counts.unknown,
            Self::Unreached | Self::Failed => &mut counts.failed,
        } += 1;
    }
}
