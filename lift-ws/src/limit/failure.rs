//! What happens when it cannot be known.

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
