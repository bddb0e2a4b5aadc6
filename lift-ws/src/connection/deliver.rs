//! One message to one connection: place, rate, time limit, and what a 410 means.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::SemaphorePermit;

use super::clock::millis;
use super::connection_id::can_be;
use super::tally::TableCall;
use super::{CallbackUrl, Connections, SendError, SendErrorKind};
use crate::ambient;
use crate::backoff::Backoff;
use crate::push::{PostError, PostErrorKind};
use crate::store::{GoneOutcome, StoreError, StoreErrorKind};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// With less time left no removal begins: if it were cut off, its answer would be lost, and with it the record that
/// somebody has to announce. Whoever is not removed is found again.
pub(super) const REMOVAL: Duration = Duration::from_millis(200);

/// What may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// What has certainly not arrived.
    NotArrived,
    /// What may have arrived, too.
    Unknown,
}

impl Repeat {
    /// A message with an id may come twice: receivers know it.
    pub(super) fn with(message_id: Option<&str>) -> Self {
        if message_id.is_some() { Self::Unknown } else { Self::NotArrived }
    }

    fn allows(self, failure: PostErrorKind) -> bool {
        match failure {
            PostErrorKind::Throttled | PostErrorKind::Unreachable => true,
            PostErrorKind::UnknownOutcome => self == Self::Unknown,
            _ => false,
        }
    }
}

/// What the last failure says of all tries: that it did not arrive with the last one says nothing of those before.
fn after_all(last: PostError, may_have_arrived: bool) -> PostError {
    match last.kind() {
        PostErrorKind::Throttled | PostErrorKind::Unreachable | PostErrorKind::Configuration
            if may_have_arrived =>
        {
            PostError::new(PostErrorKind::UnknownOutcome).with_source(last)
        }
        _ => last,
    }
}

/// The waiting between two tries of a call to the gateway.
pub(super) fn between_tries() -> Backoff {
    Backoff::new(FIRST_PAUSE, LONGEST_PAUSE)
}

impl Connections {
    /// Posts, and posts again what may be repeated as long as there is time.
    pub(super) async fn deliver<'a>(
        &'a self,
        url: &CallbackUrl,
        connection_id: &str,
        message: Bytes,
        repeat: Repeat,
        mut place: Option<SemaphorePermit<'a>>,
    ) -> Result<(), PostError> {
        let mut backoff = between_tries();
        let mut tries = self.shared.settings.tries;
        let mut earlier = None;
        let mut may_have_arrived = false;
        loop {
            let failure = match self.attempt(url, connection_id, message.clone(), place.take()).await {
                // The time was up while waiting for another try: the last answer says more.
                Err(error) if error.kind() == PostErrorKind::NotSent => {
                    return Err(after_all(earlier.unwrap_or(error), may_have_arrived));
                }
                Err(error) => error,
                Ok(()) => return Ok(()),
            };
            may_have_arrived |= failure.kind() == PostErrorKind::UnknownOutcome;
            tries = tries.saturating_sub(1);
            let pause = backoff.pause();
            if tries == 0 || !repeat.allows(failure.kind()) || !self.has_time_for(pause) {
                return Err(after_all(failure, may_have_arrived));
            }
            earlier = Some(failure);
            ambient::sleep(pause).await;
        }
    }

    /// One post, in a place that was taken before or is taken now.
    pub(super) async fn attempt<'a>(
        &'a self,
        url: &CallbackUrl,
        connection_id: &str,
        message: Bytes,
        place: Option<SemaphorePermit<'a>>,
    ) -> Result<(), PostError> {
        if !can_be(connection_id) {
            return Err(PostError::new(PostErrorKind::Gone));
        }
        let place = match place {
            Some(place) => Some(place),
            None => self.shared.gate.enter(self.deadline()).await,
        };
        if place.is_none() {
            return Err(PostError::new(PostErrorKind::NotSent));
        }
        self.bounded(self.shared.poster.post(url.as_str(), connection_id, message)).await
    }

    /// Waits for the gateway as long as a post may take, and until the deadline.
    pub(super) async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, PostError>>,
    ) -> Result<T, PostError> {
        let limit = ambient::now() + self.shared.settings.post_timeout;
        let limit = self.deadline().map_or(limit, |deadline| deadline.min(limit));
        ambient::timeout_at(limit, call)
            .await
            .unwrap_or_else(|_| Err(PostError::new(PostErrorKind::UnknownOutcome)))
    }

    pub(super) fn has_time_for(&self, pause: Duration) -> bool {
        self.deadline().is_none_or(|deadline| ambient::now() + pause < deadline)
    }

    /// What to tell the caller; what is stored about a connection that is gone is removed.
    pub(super) async fn failed(&self, connection_id: &str, error: PostError) -> SendError {
        let mut failure = SendError::from_post(error);
        if failure.kind() == SendErrorKind::Gone {
            failure = match self.remove_gone(connection_id).await {
                Ok(GoneOutcome::Young) => SendError::new(SendErrorKind::Connecting).because(failure),
                Ok(GoneOutcome::Removed(record)) => failure.removing(record),
                _ => failure,
            };
        }
        match self.callback_url() {
            Some(url) => failure.to(connection_id).at(url),
            None => failure.to(connection_id),
        }
    }

    /// Removes what is stored about a connection that answered 410, unless it is too young.
    ///
    /// A handshake takes less than the grace, so a record older than that is of a connection that was open.
    pub(super) async fn remove_gone(&self, connection_id: &str) -> Result<GoneOutcome, StoreError> {
        let scope = self.scope_key()?;
        if !can_be(connection_id) {
            return Ok(GoneOutcome::Absent);
        }
        if !self.has_time_for(REMOVAL) {
            return Err(StoreError::new(StoreErrorKind::Timeout).about(connection_id));
        }
        let before = self.connected_before();
        let outcome = self
            .ask(TableCall::DeleteGone, self.shared.store.delete_gone(scope, connection_id, before))
            .await;
        match &outcome {
            Ok(GoneOutcome::Removed(record)) => self.forget(record).await,
            Ok(GoneOutcome::Absent) => self.shared.cache.remove(connection_id),
            Ok(GoneOutcome::Young) => {}
            Err(error) => tracing::warn!(
                connection_id,
                error = error as &dyn std::error::Error,
                "a gone connection could not be removed; the next message to it tries again, and its rows expire by themselves"
            ),
        }
        outcome
    }

    /// Connections made before this are gone if they answer 410; later ones may be in their handshake.
    pub(crate) fn connected_before(&self) -> u64 {
        let grace = millis(self.shared.settings.gone_grace);
        // The end of this millisecond: with no grace, a connection made just now counts as well.
        self.shared.clock.now().saturating_add(1).saturating_sub(grace)
    }
}
