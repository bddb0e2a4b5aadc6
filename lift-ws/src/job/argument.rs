//! What a job's function may take.

use super::{JobId, JobPayload, JobScope};
use crate::connection::Connections;
use crate::extract::{Deadline, FromRef, State};
use crate::route::Needs;
use crate::{Error, Invocation};
use std::ops::{Deref, DerefMut};

/// An argument of a job, made from what was enqueued, the state and the invocation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a job of an app of state `{S}`",
    label = "not available in this job",
    note = "an argument of yours implements `FromJob<'e, S>` and `AvailableInJob`"
)]
pub trait FromJob<'e, S>: Sized {
    /// Makes it.
    ///
    /// # Errors
    /// If it cannot be made: the job fails, and is delivered again.
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error>;
}

/// What is there when a job runs. There is no WebSocket event then: no sender, no message, no headers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not available in a job",
    label = "a job runs without a WebSocket event",
    note = "a job takes `Job<T>`, `Connections`, `State<T>`, `Deadline`, `Invocation<'_>`, `&JobScope<'_, S>`; what it needs of an event, such as the connection id, goes into the payload `T`",
    note = "an argument of yours implements `FromJob<'e, S>` and `AvailableInJob`"
)]
pub trait AvailableInJob {
    /// What it needs.
    const NEEDS: Needs = Needs::NONE;
}

/// What was enqueued, with the number of its delivery. It dereferences to the payload.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Export { rows: usize }
///
/// #[ws_job]
/// async fn export(job: Job<Export>) {
///     if job.attempt() > 1 {
///         println!("{} of {} rows again", job.id(), job.rows);
///     }
/// }
/// # #[ws_app(jobs = [export])] struct App;
/// ```
#[derive(Clone, Debug)]
pub struct Job<T> {
    payload: T,
    id: JobId,
    attempt: u32,
    is_last_attempt: Option<bool>,
}

impl<T> Job<T> {
    /// A job as a test makes it: delivered for the first time.
    #[must_use]
    pub fn new(payload: T) -> Self {
        Job { payload, id: JobId::random(), attempt: 1, is_last_attempt: None }
    }

    /// The payload.
    pub fn into_inner(self) -> T {
        self.payload
    }

    /// The job's id: the same each time it is delivered, so that it can mark what is done.
    pub const fn id(&self) -> &JobId {
        &self.id
    }

    /// How often it was delivered, this time included. Deliveries are counted by the queue, those too that ended before
    /// the function began.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Is this the last delivery, so that the job ends in the dead letters if it fails? `None` if that is not known:
    /// `LIFT_WS_QUEUE_MAX_RECEIVES` tells (the redrive policy's `maxReceiveCount`).
    pub const fn is_last_attempt(&self) -> Option<bool> {
        self.is_last_attempt
    }
}

impl<T> Deref for Job<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T> DerefMut for Job<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.payload
    }
}

impl<'e, S, T: JobPayload> FromJob<'e, S> for Job<T> {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        let payload = serde_json::from_str(scope.payload()).map_err(|error| {
            Error::internal(format!(
                "the payload does not become a `{}`: {error}; was it enqueued by another release? name a changed payload's job anew, such as `#[ws_job(\"{}-v2\")]`, and keep the old one until its queue is empty",
                std::any::type_name::<T>(),
                scope.name()
            ))
        })?;
        Ok(Job {
            payload,
            id: scope.id().clone(),
            attempt: scope.attempt(),
            is_last_attempt: scope.is_last_attempt(),
        })
    }
}
impl<T: JobPayload> AvailableInJob for Job<T> {}

impl<'e, S> FromJob<'e, S> for Connections {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        scope.connections().cloned().ok_or_else(|| {
            Error::internal(
                "the job takes `Connections`, but this service has none; give it some with `Service::with_connections`",
            )
        })
    }
}
impl AvailableInJob for Connections {
    const NEEDS: Needs = Needs::CONNECTIONS;
}

impl<'e, S, T: FromRef<S>> FromJob<'e, S> for State<T> {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        Ok(State(T::from_ref(scope.state())))
    }
}
impl<T> AvailableInJob for State<T> {}

impl<'e, S> FromJob<'e, S> for Deadline {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        Ok(scope.deadline())
    }
}
impl AvailableInJob for Deadline {}

impl<'e, S> FromJob<'e, S> for Invocation<'e> {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        Ok(scope.invocation())
    }
}
impl AvailableInJob for Invocation<'_> {}

impl<'e, S> FromJob<'e, S> for &'e JobScope<'e, S> {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        Ok(scope)
    }
}
impl<S> AvailableInJob for &JobScope<'_, S> {}
