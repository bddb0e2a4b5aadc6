//! What happens when it cannot be known.

use crate::ambient;
use crate::store::{StoreError, StoreErrorKind};
use std::time::Duration;

/// What becomes of an event when a limiter cannot reach its store, and so cannot know whether the limit is reached.
///
/// Who chooses [`Admit`](Self::Admit) has no limit while the table is out of reach or throttled: a flood that throttles the
/// table would open the door to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It goes on, as if there were no limit. The log gets the failure.
    Admit,
    /// It is refused, with status 503.
    Refuse,
}

/// A store that has not answered by then has failed: a limiter must not be what makes an event slow.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What a store answers, or that it did not in this time.
pub(super) async fn within<T, E: From<StoreError>>(
    time: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let answer = ambient::timeout_at(ambient::now() + time, call).await;
    answer.unwrap_or_else(|_| Err(StoreError::from(StoreErrorKind::Timeout).into()))
}
