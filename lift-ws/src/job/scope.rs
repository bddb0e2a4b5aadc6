//! What the arguments of a job see.

use super::JobId;
use crate::Invocation;
use crate::connection::Connections;
use crate::extract::Deadline;
use std::fmt;

/// One job on its way: what was enqueued, the app's state, the invocation that brought it.
///
/// Arguments get a reference to it, see [`FromJob`](super::FromJob).
pub struct JobScope<'e, S> {
    pub(crate) name: &'e str,
    pub(crate) id: &'e JobId,
    pub(crate) payload: &'e str,
    pub(crate) attempt: u32,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) state: &'e S,
    pub(crate) connections: Option<&'e Connections>,
    pub(crate) invocation: Invocation<'e>,
    pub(crate) deadline: Deadline,
}

impl<'e, S> JobScope<'e, S> {
    /// The job's name on the queue.
    pub const fn name(&self) -> &'e str {
        self.name
    }

    /// The job's id.
    pub const fn id(&self) -> &'e JobId {
        self.id
    }

    /// The payload as it was enqueued: JSON.
    pub const fn payload(&self) -> &'e str {
        self.payload
    }

    /// How often it was delivered, this time included.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Is this the last delivery, so that the job ends in the dead letters if it fails? `None` if that is not known:
    /// `LIFT_WS_QUEUE_MAX_RECEIVES` tells.
    pub fn is_last_attempt(&self) -> Option<bool> {
        self.max_attempts.map(|most| self.attempt >= most)
    }

    /// The app's state.
    pub const fn state(&self) -> &'e S {
        self.state
    }

    /// The handle for sending, bound to the API and stage from which the job was enqueued.
    pub const fn connections(&self) -> Option<&'e Connections> {
        self.connections
    }

    /// The Lambda invocation that brought the job, perhaps among others.
    pub const fn invocation(&self) -> Invocation<'e> {
        self.invocation
    }

    /// When the job has to have ended.
    pub const fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl<S> fmt::Debug for JobScope<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobScope")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
