//! Enqueueing a job.

use super::{JobId, JobPayload};
use crate::connection::Connections;
use crate::queue::body::{Body, JobBody};
use crate::queue::{MAX_DELAY, QueueError, QueueErrorKind, QueueMessage};
use crate::store::BoxFuture;
use std::future::IntoFuture;
use std::time::Duration;

/// A job on its way to the queue: see [`Connections::later`]. `.await` it.
#[derive(Debug)]
#[must_use = "nothing is enqueued before it is awaited"]
pub struct Later<'a, J> {
    connections: &'a Connections,
    job: J,
    delay: Duration,
}

impl<J> Later<'_, J> {
    /// The job is delivered after this time at the earliest: 15 minutes at most, or it is refused with
    /// [`DelayTooLong`](QueueErrorKind::DelayTooLong).
    pub fn delayed(self, delay: Duration) -> Self {
        Later { delay, ..self }
    }
}

impl<'a, J: JobPayload> IntoFuture for Later<'a, J> {
    type Output = Result<JobId, QueueError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (id, message) = message(self.connections, &self.job, self.delay)?;
            self.connections.enqueue(message).await?;
            Ok(id)
        })
    }
}

impl Connections {
    /// Enqueues a job: the function with [`#[ws_job]`](macro@crate::ws_job) that takes `Job<J>` runs later, in an
    /// invocation of its own, as often as it takes. See [the module](crate::job).
    ///
    /// The job gets a handle for the same API and stage as this one.
    ///
    /// # Errors
    ///
    /// A [`QueueError`]; its kind is [`NoQueue`](QueueErrorKind::NoQueue) if the app has none. After
    /// [`Timeout`](QueueErrorKind::Timeout) and [`Unavailable`](QueueErrorKind::Unavailable) the job may have been
    /// enqueued all the same.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, it may have enqueued the job or not.
    pub fn later<J: JobPayload>(&self, job: J) -> Later<'_, J> {
        Later { connections: self, job, delay: Duration::ZERO }
    }

    /// Enqueues many jobs, ten a request. The answers come in the order of the jobs: some may have been enqueued and
    /// some not.
    ///
    /// # Errors
    ///
    /// As [`later`](Self::later), for all or for single ones. A job that cannot be written fails all, before any is
    /// enqueued.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, it may have enqueued any of them.
    pub async fn later_all<J: JobPayload>(
        &self,
        jobs: impl IntoIterator<Item = J>,
    ) -> Result<Vec<Result<JobId, QueueError>>, QueueError> {
        let written = jobs.into_iter().map(|job| message(self, &job, Duration::ZERO));
        let (ids, messages): (Vec<_>, Vec<_>) = written.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let answers = self.enqueue_all(&messages).await?;
        Ok(ids.into_iter().zip(answers).map(|(id, answer)| answer.map(|()| id)).collect())
    }
}

fn message<J: JobPayload>(
    connections: &Connections,
    job: &J,
    delay: Duration,
) -> Result<(JobId, QueueMessage), QueueError> {
    if delay > MAX_DELAY {
        return Err(QueueError::new(QueueErrorKind::DelayTooLong).about(J::NAME));
    }
    let payload = serde_json::value::to_raw_value(job)
        .map_err(|error| QueueError::new(QueueErrorKind::Json).about(J::NAME).with_source(error))?;
    let id = JobId::random();
    let body =
        Body::job(connections, JobBody { name: J::NAME.into(), id: id.as_str().into(), payload: &payload });
    let json = body.to_json()?;
    Ok((id, QueueMessage::new(json).delayed(delay)))
}
