//! What a pool asks for.

use crate::core::{InvocationId, Outcome};
use crate::environments::EnvironmentId;
use crate::environments::init_failure::InitFailure;

/// What the pool asks its owner to do.
#[derive(Debug)]
pub(crate) enum PoolAction {
    /// Start a process; [`Pool::exited`] if that fails.
    Start(EnvironmentId),
    /// End a process that is not needed any more, with time to finish.
    Stop(EnvironmentId),
    /// End a process at once.
    Kill(EnvironmentId),
    /// This event is done with.
    Finished(InvocationId, Outcome),
    /// Tell the user that an environment did not start.
    InitFailed(EnvironmentId, InitFailure),
    /// Tell the user that an environment ended by itself; the number of events that it took along.
    Crashed(EnvironmentId, String, usize),
}
