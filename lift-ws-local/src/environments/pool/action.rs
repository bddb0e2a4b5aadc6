//! What a pool asks for.

use std::time::Duration;

use crate::core::Outcome;
use crate::environments::init_failure::InitFailure;
use crate::environments::{EnvironmentId, RequestId, Work};

/// A time limit that was exceeded, and what it is called where it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overdue {
    pub(crate) limit: Duration,
    pub(crate) setting: &'static str,
}

/// What the pool asks its owner to do.
#[derive(Debug)]
pub(crate) enum PoolAction {
    /// Start a process; [`Pool::exited`](super::Pool::exited) if that fails.
    Start(EnvironmentId),
    /// End a process that is not needed any more, with time to finish.
    Stop(EnvironmentId),
    /// End a process at once, as it took too long.
    Kill(EnvironmentId, Overdue),
    /// This event is with an environment now, which knows it under the id.
    Delivered(Work, EnvironmentId, RequestId),
    /// This event is done with.
    Finished(Work, Outcome),
    /// Tell the user that an environment did not start.
    InitFailed(EnvironmentId, InitFailure),
    /// Tell the user that an environment ended by itself; the number of events that it took along.
    Crashed(EnvironmentId, String, usize),
}
