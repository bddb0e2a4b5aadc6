//! SQS at home, and the event source mapping that gives a queue's messages to the function.
//!
//! ```text
//! program, SDK ──HTTP──▶ server ──▶ owner ──▶ core (queues) ◀──receive, delete── mapping
//!                                                                                   │ batches
//!                        program ◀── runtime_api ◀── environments (the same pool) ◀─┘
//! ```
//!
//! It has a port of its own on the loopback, as the embedded DynamoDB has: the gateway's port may be open to
//! the network, and a queue must not. Queues live in memory and end with the gateway.

mod core;
mod mapping;
mod server;

use std::time::Duration;

use tokio::sync::oneshot;

pub use self::core::DeadLetter;
pub(crate) use self::core::{Answer, Place, Request};
use self::core::{QueueAttributes, Queues, RedrivePolicy};
use self::mapping::Mapping;
pub(crate) use self::mapping::{BatchId, Invoke, MappingSettings};
pub use self::mapping::{BatchVerdict, FinishedBatch};
pub(crate) use self::server::SqsServer;
use crate::core::{ManifestQueue, Moment, Outcome};

/// The queue of an app's jobs, which functions find in `LIFT_WS_QUEUE_URL`.
pub(crate) const JOBS: &str = "lift-ws-jobs";
/// Where its messages go that have failed too often.
const DEAD_JOBS: &str = "lift-ws-jobs-dead";

/// The queues and what takes from them; without sockets, processes or clock.
#[derive(Debug)]
pub(crate) struct Sqs {
    queues: Queues,
    mapping: Option<Mapping>,
}

impl Sqs {
    pub(crate) fn new(place: Place) -> Self {
        Self { queues: Queues::new(place), mapping: None }
    }

    /// Makes the queue of jobs and maps it to the function, or ends the mapping of one that is not wanted any
    /// more. A queue that exists keeps its messages.
    ///
    /// The function has at most `concurrency` batches at a time, or what the manifest says if that is less.
    pub(crate) fn configure(
        &mut self,
        now: Moment,
        queue: Option<&ManifestQueue>,
        visibility_timeout: Duration,
        concurrency: usize,
    ) {
        let Some(queue) = queue else {
            if let Some(mapping) = &mut self.mapping {
                mapping.stop(now, &mut self.queues);
            }
            return;
        };
        self.create_jobs(now, queue.max_receive_count, visibility_timeout);
        let settings = MappingSettings {
            queue: JOBS.to_owned(),
            batch_size: queue.batch_size,
            batching_window: queue.batching_window,
            concurrency: queue.maximum_concurrency.min(concurrency),
        };
        match &mut self.mapping {
            Some(mapping) => mapping.configure(now, &mut self.queues, settings),
            None => self.mapping = Some(Mapping::new(settings)),
        }
    }

    fn create_jobs(&mut self, now: Moment, max_receive_count: u32, visibility_timeout: Duration) {
        let dead =
            QueueAttributes { retention: Duration::from_secs(14 * 24 * 60 * 60), ..Default::default() };
        self.queues.put(now, DEAD_JOBS, dead);
        let jobs = QueueAttributes {
            visibility_timeout,
            redrive: Some(RedrivePolicy {
                dead_letter_target_arn: self.queues.place().queue_arn(DEAD_JOBS),
                max_receive_count,
            }),
            ..QueueAttributes::default()
        };
        self.queues.put(now, JOBS, jobs);
    }

    /// Where the queue of jobs is, if there is one.
    pub(crate) fn jobs_url(&self) -> String {
        self.queues.place().queue_url(JOBS)
    }

    /// A client's request, answered at once or when messages have come.
    pub(crate) fn call(&mut self, now: Moment, request: Request, reply: oneshot::Sender<Answer>) {
        self.queues.call(now, request, reply);
    }

    /// What the function said to a batch.
    pub(crate) fn finished(
        &mut self,
        now: Moment,
        batch: BatchId,
        outcome: Outcome,
    ) -> Option<FinishedBatch> {
        self.mapping.as_mut()?.finished(now, batch, outcome, &mut self.queues)
    }

    /// Answers whoever waits for what is due now, and makes batches of the rest.
    pub(crate) fn poll(&mut self, now: Moment) -> Vec<Invoke> {
        self.queues.tick(now);
        self.mapping.as_mut().map(|mapping| mapping.poll(now, &mut self.queues)).unwrap_or_default()
    }

    /// The messages that have become dead letters since this was last asked.
    pub(crate) fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        self.queues.take_dead_letters()
    }

    /// When [`poll`](Self::poll) has something to do.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        let mapping = self.mapping.as_ref().and_then(|mapping| mapping.next_wakeup(&self.queues));
        [mapping, self.queues.next_wakeup()].into_iter().flatten().min()
    }

    /// No more batches, and no more waiting: clients get what is there.
    pub(crate) fn stop(&mut self, now: Moment) {
        self.queues.end_polls(now);
        if let Some(mapping) = &mut self.mapping {
            mapping.stop(now, &mut self.queues);
        }
    }
}
