//! How long there is.

use super::{AvailableOn, FromEvent};
use crate::ambient;
use crate::event::Event;
use crate::{Invocation, Scope};
use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// How long the gateway waits for an integration (contract §3.5).
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// Whole seconds that this gateway waits. `cargo lift-ws dev --no-timeouts` sets it, as may whoever runs the program behind a
/// gateway with another integration timeout; on AWS nobody does.
const INTEGRATION_TIMEOUT_VARIABLE: &str = "LIFT_WS_INTEGRATION_TIMEOUT";

/// How long this gateway waits for an integration: 29 s, unless the variable tells whole seconds. It is read once, as it does not
/// change while the environment lives.
pub(crate) fn integration_timeout() -> Duration {
    static TIMEOUT: OnceLock<Duration> = OnceLock::new();
    *TIMEOUT.get_or_init(|| {
        let told = std::env::var(INTEGRATION_TIMEOUT_VARIABLE).ok().and_then(|seconds| seconds.parse().ok());
        told.map_or(INTEGRATION_TIMEOUT, Duration::from_secs)
    })
}

/// How long Lambda lets a function run at most.
const LONGEST_INVOCATION: Duration = Duration::from_secs(15 * 60);

/// When the answer is due: the lesser of Lambda's deadline and the gateway's patience (29 s after it got the
/// request), less a margin to get the answer out.
///
/// `LIFT_WS_INTEGRATION_TIMEOUT` in the environment, in whole seconds, takes the place of the 29. Set it where the gateway waits
/// for another time: `cargo lift-ws dev --no-timeouts` does, so that a function that a debugger has stopped still has time to
/// send; on AWS leave it out. It moves no limit of the gateway's or of Lambda's: too large, and answers are due when nobody
/// waits for them any more. What is no whole number counts as absent.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::Deadline;
///
/// #[ws_route("work")]
/// async fn work(deadline: Deadline) -> Json<u64> {
///     Json(deadline.remaining().as_secs())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(SystemTime);

impl Deadline {
    const MARGIN: Duration = Duration::from_millis(200);

    pub(crate) fn of(event: &Event<'_>, invocation: &Invocation<'_>) -> Self {
        Self::within(event, invocation, integration_timeout(), Self::MARGIN)
    }

    /// For a gateway that waits this long.
    pub(crate) fn within(
        event: &Event<'_>,
        invocation: &Invocation<'_>,
        patience: Duration,
        margin: Duration,
    ) -> Self {
        let requested = match u64::try_from(event.request_time_epoch()) {
            Ok(at) if at > 0 => SystemTime::UNIX_EPOCH + Duration::from_millis(at),
            _ => ambient::time_of_day(),
        };
        let patience = requested.checked_add(patience).unwrap_or(requested + LONGEST_INVOCATION);
        let due = invocation.deadline().map_or(patience, |lambda| lambda.min(patience));
        Deadline(due.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// Lambda's alone: what runs from a queue has nobody who waits for it. Without one it is the longest that Lambda
    /// knows.
    pub(crate) fn of_invocation(invocation: &Invocation<'_>) -> Self {
        Self::of_lambda(invocation, Self::MARGIN)
    }

    /// Lambda's, less this margin.
    pub(crate) fn of_lambda(invocation: &Invocation<'_>, margin: Duration) -> Self {
        let due = invocation.deadline().unwrap_or_else(|| ambient::time_of_day() + LONGEST_INVOCATION);
        Deadline(due.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// The point in time.
    pub const fn at(&self) -> SystemTime {
        self.0
    }

    /// What is left; zero when it has passed.
    pub fn remaining(&self) -> Duration {
        self.0.duration_since(ambient::time_of_day()).unwrap_or_default()
    }
}

impl<'e, S> FromEvent<'e, S> for Deadline {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Deadline::of(scope.event(), &scope.invocation()))
    }
}
impl<K> AvailableOn<K> for Deadline {}
