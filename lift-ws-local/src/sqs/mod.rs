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
use crate::site::SiteId;

/// The queue of an app's jobs, which functions find in `LIFT_WS_QUEUE_URL`.
pub(crate) const JOBS: &str = "lift-ws-jobs";
/// How long dead letters are kept.
const DEAD_LETTERS: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A queue that the gateway makes, and whom its messages go to.
#[derive(Clone, Debug)]
pub(crate) struct QueuePlan {
    pub(crate) name: String,
    /// Where messages go that have failed too often; without it they come back until they are too old.
    pub(crate) dead_letters: Option<String>,
    pub(crate) settings: ManifestQueue,
    /// The number of the function that gets its messages, if one does.
    pub(crate) function: Option<usize>,
}

/// The queues and what takes from them; without sockets, processes or clock.
#[derive(Debug)]
pub(crate) struct Sqs {
    queues: Queues,
    mappings: Vec<Mapped>,
}

/// A queue that is mapped to a function.
#[derive(Debug)]
struct Mapped {
    queue: String,
    function: usize,
    mapping: Mapping,
}

impl Sqs {
    pub(crate) fn new(place: Place) -> Self {
        Self { queues: Queues::new(place), mappings: Vec::new() }
    }

    /// Makes a queue and maps it to its function. A queue that exists keeps its messages.
    ///
    /// The function has at most `concurrency` batches at a time, or what the queue's settings say if that is less.
    pub(crate) fn configure(
        &mut self,
        now: Moment,
        plan: &QueuePlan,
        visibility_timeout: Duration,
        concurrency: usize,
    ) {
        let QueuePlan { name, dead_letters, settings, function } = plan;
        self.create(now, name, dead_letters.as_deref(), settings.max_receive_count, visibility_timeout);
        let Some(function) = *function else { return };
        let settings = MappingSettings {
            queue: name.clone(),
            batch_size: settings.batch_size,
            batching_window: settings.batching_window,
            concurrency: settings.maximum_concurrency.min(concurrency),
        };
        match self.mappings.iter_mut().find(|mapped| mapped.queue == *name) {
            Some(mapped) => mapped.mapping.configure(now, &mut self.queues, settings),
            None => {
                let first = SiteId::new(self.mappings.len()).first_number();
                let mapping = Mapping::new(settings, first);
                self.mappings.push(Mapped { queue: name.clone(), function, mapping });
            }
        }
    }

    /// Ends the mapping of a queue that is not wanted any more.
    pub(crate) fn unmap(&mut self, now: Moment, queue: &str) {
        for mapped in self.mappings.iter_mut().filter(|mapped| mapped.queue == queue) {
            mapped.mapping.stop(now, &mut self.queues);
        }
    }

    fn create(
        &mut self,
        now: Moment,
        name: &str,
        dead_letters: Option<&str>,
        max_receive_count: u32,
        visibility_timeout: Duration,
    ) {
        let redrive = dead_letters.map(|dead_letters| {
            let kept = QueueAttributes { retention: DEAD_LETTERS, ..Default::default() };
            self.queues.put(now, dead_letters, kept);
            let dead_letter_target_arn = self.queues.place().queue_arn(dead_letters);
            RedrivePolicy { dead_letter_target_arn, max_receive_count }
        });
        let attributes = QueueAttributes { visibility_timeout, redrive, ..QueueAttributes::default() };
        self.queues.put(now, name, attributes);
    }

    /// Where a queue is, if there is one of this name.
    pub(crate) fn url(&self, queue: &str) -> String {
        self.queues.place().queue_url(queue)
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
        let index = SiteId::of_number(batch.0).index();
        self.mappings.get_mut(index)?.mapping.finished(now, batch, outcome, &mut self.queues)
    }

    /// Answers whoever waits for what is due now, and makes batches of the rest, each for the function of this number.
    pub(crate) fn poll(&mut self, now: Moment) -> Vec<(usize, Invoke)> {
        self.queues.tick(now);
        let mut invokes = Vec::new();
        for Mapped { function, mapping, .. } in &mut self.mappings {
            invokes.extend(mapping.poll(now, &mut self.queues).into_iter().map(|invoke| (*function, invoke)));
        }
        invokes
    }

    /// The messages that have become dead letters since this was last asked.
    pub(crate) fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        self.queues.take_dead_letters()
    }

    /// When [`poll`](Self::poll) has something to do.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        let mappings = self.mappings.iter().filter_map(|mapped| mapped.mapping.next_wakeup(&self.queues));
        mappings.chain(self.queues.next_wakeup()).min()
    }

    /// No more batches, and no more waiting: clients get what is there.
    pub(crate) fn stop(&mut self, now: Moment) {
        self.queues.end_polls(now);
        for mapped in &mut self.mappings {
            mapped.mapping.stop(now, &mut self.queues);
        }
    }
}
