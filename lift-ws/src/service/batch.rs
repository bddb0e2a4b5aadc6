//! A queue's event: each message runs by itself, and is reported by itself.

use super::{Service, guard};
use crate::connection::{Connections, run_segment};
use crate::event::OtherEvent;
use crate::extract::Deadline;
use crate::job::{JobId, JobScope};
use crate::queue::MAX_RECEIVES_VARIABLE;
use crate::queue::body::{Body, BroadcastBody, JobBody, Unreadable};
use crate::queue::event::{BatchAnswer, QueueEvent, QueueRecord};
use crate::{App, Error, Invocation, ambient};
use futures_util::StreamExt;
use futures_util::stream;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Instant;

/// How many messages of a batch run at once: as many as a batch has, unless the event source mapping says more.
const AT_ONCE: usize = 10;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// It is delivered again.
    Failed,
}

impl<A: App> Service<A> {
    /// Runs the messages of a batch. An event without any message of ours goes to the function that takes other
    /// events, if there is one.
    ///
    /// # Errors
    /// If the event cannot be read at all: then Lambda delivers all of it again.
    pub(super) async fn batch(
        &self,
        event: OtherEvent<'_>,
        invocation: Invocation<'_>,
    ) -> Result<serde_json::Value, Error> {
        let batch: QueueEvent<'_> = event
            .parse()
            .map_err(|error| Error::internal(format!("the queue's event cannot be read: {error}")))?;
        if A::HAS_OTHER && batch.records.iter().all(|record| is_foreign(record)) {
            return A::other(event, &self.state).await;
        }
        let deadline = Deadline::of_invocation(&invocation);
        let runs: Vec<_> = batch
            .records
            .iter()
            .map(|record| async move {
                (&*record.message_id, self.message_of_queue(record, invocation, deadline).await)
            })
            .collect();
        let outcomes: Vec<_> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
        let mut answer = BatchAnswer::default();
        for (id, _) in outcomes.into_iter().filter(|(_, outcome)| *outcome == Outcome::Failed) {
            answer.fail(id);
        }
        Ok(serde_json::to_value(answer)?)
    }

    async fn message_of_queue(
        &self,
        record: &QueueRecord<'_>,
        invocation: Invocation<'_>,
        deadline: Deadline,
    ) -> Outcome {
        let message_id = &*record.message_id;
        if deadline.remaining().is_zero() {
            tracing::warn!(message_id, "a message was not begun for want of time; it is delivered again");
            return Outcome::Failed;
        }
        match Body::read(&record.body) {
            Ok(body) => self.ours(&body, record, invocation, deadline).await,
            Err(Unreadable::Broken(why)) => {
                tracing::error!(message_id, "a message cannot be read, and goes to the dead letters: {why}");
                Outcome::Failed
            }
            Err(Unreadable::Foreign) => {
                tracing::error!(
                    message_id,
                    "a message of the queue is not of lift-ws, and goes to the dead letters: jobs are enqueued with \
                     `conns.later(…)`; to take a queue of your own, name a function in `#[ws_app(other = …)]` and \
                     give it another queue"
                );
                Outcome::Failed
            }
        }
    }

    async fn ours(
        &self,
        body: &Body<'_>,
        record: &QueueRecord<'_>,
        invocation: Invocation<'_>,
        deadline: Deadline,
    ) -> Outcome {
        let due = ambient::now() + deadline.remaining();
        let connections = self.connections.as_ref();
        let connections = connections.map(|connections| body.bind(connections).with_deadline(due));
        match (&body.broadcast, &connections) {
            (Some(segment), Some(connections)) => {
                return segment_of_broadcast(connections, segment, record).await;
            }
            (Some(_), None) => {
                tracing::error!(
                    message_id = &*record.message_id,
                    "a broadcast cannot go on: this service has no connections; give it some with \
                     `Service::with_connections`"
                );
                return Outcome::Failed;
            }
            (None, _) => {}
        }
        let Some(job) = &body.job else {
            tracing::error!(
                message_id = &*record.message_id,
                "a message asks for nothing that this release knows, and goes to the dead letters"
            );
            return Outcome::Failed;
        };
        let Some(index) = A::jobs().iter().position(|known| known.name == job.name) else {
            unknown_job::<A>(job, record);
            return Outcome::Failed;
        };
        let scope = JobScope {
            name: &job.name,
            id: &JobId::new(&*job.id),
            payload: job.payload.get(),
            attempt: record.receives(),
            max_attempts: max_attempts(),
            state: &self.state,
            connections: connections.as_ref(),
            invocation,
            deadline,
        };
        self.job(index, &scope, due).await
    }

    /// The function, guarded, and until the deadline: what does not end by itself must not take the answers of the
    /// others with it.
    async fn job(&self, index: usize, scope: &JobScope<'_, A::State>, due: Instant) -> Outcome {
        let mut job = pin!(A::run_job(index, scope));
        let guarded = poll_fn(|cx| {
            guard::poll_or(job.as_mut(), cx, |panic| {
                Err(Error::internal(format!("the job panicked: {panic}")))
            })
        });
        let result = ambient::timeout_at(due, guarded).await.unwrap_or_else(|_| {
            Err(Error::internal(
                "the job did not end before the invocation has to: raise the function's timeout, or do less in one job",
            ))
        });
        let (job, id, attempt) = (scope.name(), scope.id().as_str(), scope.attempt());
        match result {
            Ok(()) => {
                tracing::debug!(job, id, attempt, "done");
                Outcome::Done
            }
            Err(cause) => {
                let then = match scope.is_last_attempt() {
                    Some(true) => "it goes to the dead letters",
                    Some(false) => "it is delivered again",
                    None => "it is delivered again, or goes to the dead letters",
                };
                tracing::error!(job, id, attempt, %cause, "the job failed; {then}");
                Outcome::Failed
            }
        }
    }
}

/// A part of a broadcast that was handed over.
async fn segment_of_broadcast(
    connections: &Connections,
    body: &BroadcastBody<'_>,
    record: &QueueRecord<'_>,
) -> Outcome {
    let (broadcast, segment, attempt) = (&*body.id, body.segment, record.receives());
    let mut run = pin!(run_segment(connections, body, attempt));
    let guarded = poll_fn(|cx| {
        guard::poll_or(run.as_mut(), cx, |panic| {
            Err(Error::internal(format!("the segment panicked: {panic}")))
        })
    });
    match guarded.await {
        Ok(()) => Outcome::Done,
        Err(cause) => {
            tracing::warn!(broadcast, segment, attempt, %cause, "a segment of a broadcast is to be delivered again");
            Outcome::Failed
        }
    }
}

fn is_foreign(record: &QueueRecord<'_>) -> bool {
    matches!(Body::read(&record.body), Err(Unreadable::Foreign))
}

fn unknown_job<A: App>(job: &JobBody<'_>, record: &QueueRecord<'_>) {
    let known: Vec<_> = A::jobs().iter().map(|known| known.name).collect();
    tracing::error!(
        job = &*job.name,
        id = &*job.id,
        message_id = &*record.message_id,
        ?known,
        "there is no such job, and the message goes to the dead letters: list its function in `jobs = […]` of the app \
         (it was renamed? `#[ws_job(\"{}\")]` keeps the name), deploy, then redrive the dead letters",
        job.name
    );
}

fn max_attempts() -> Option<u32> {
    std::env::var(MAX_RECEIVES_VARIABLE).ok().and_then(|text| text.trim().parse().ok())
}
