//! The event source mapping: takes messages from a queue, gives them to the function in batches, and deletes
//! what has succeeded. What has failed comes back when its visibility timeout is over.

mod event;
mod finished;
mod response;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;

pub use finished::{BatchVerdict, FinishedBatch};

use super::core::{Queues, Received};
use crate::core::{Moment, Outcome};

/// Lambda gives a function at most 6 MB, counted in the event's JSON.
const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;
const NAMED: &str = "the function named it in `batchItemFailures`";

/// One batch on its way through the function; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BatchId(pub(crate) u64);

/// How messages become batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MappingSettings {
    pub(crate) queue: String,
    /// The most messages in a batch.
    pub(crate) batch_size: usize,
    /// How long a message may wait for others to share its batch.
    pub(crate) batching_window: Duration,
    /// How many batches the function may have at a time.
    pub(crate) concurrency: usize,
}

/// A batch for the function.
#[derive(Debug)]
pub(crate) struct Invoke {
    pub(crate) batch: BatchId,
    pub(crate) event: Bytes,
}

/// The mapping of one queue to the function.
#[derive(Debug)]
pub(crate) struct Mapping {
    settings: MappingSettings,
    /// Messages that wait for others.
    filling: Option<Filling>,
    in_flight: HashMap<BatchId, Batch>,
    last_batch: u64,
    is_stopped: bool,
}

#[derive(Debug)]
struct Filling {
    messages: Vec<Received>,
    bytes: usize,
    since: Moment,
    /// The next message does not fit.
    is_full: bool,
}

#[derive(Debug)]
struct Batch {
    queue: String,
    messages: Vec<Received>,
    started: Moment,
}

impl Mapping {
    /// Batches are numbered from `first` on.
    pub(crate) fn new(settings: MappingSettings, first: u64) -> Self {
        Self { settings, filling: None, in_flight: HashMap::new(), last_batch: first, is_stopped: false }
    }

    /// Other settings from now on; batches that are under way are finished.
    pub(crate) fn configure(&mut self, now: Moment, queues: &mut Queues, settings: MappingSettings) {
        if settings.queue != self.settings.queue {
            self.empty(now, queues);
        }
        self.settings = settings;
        self.is_stopped = false;
    }

    /// No more batches; messages that wait for others are given back.
    pub(crate) fn stop(&mut self, now: Moment, queues: &mut Queues) {
        self.is_stopped = true;
        self.empty(now, queues);
    }

    /// Makes batches of what is there, as many as the function may have.
    pub(crate) fn poll(&mut self, now: Moment, queues: &mut Queues) -> Vec<Invoke> {
        let mut invokes = Vec::new();
        while self.may_invoke() {
            self.fill(now, queues);
            let due = |filling: &mut Filling| filling.is_due(now, &self.settings);
            let Some(Filling { messages, .. }) = self.filling.take_if(due) else { break };
            self.last_batch += 1;
            let batch = BatchId(self.last_batch);
            let queue = self.settings.queue.clone();
            invokes.push(Invoke { batch, event: event::of(&messages, &queue, queues.place()) });
            self.in_flight.insert(batch, Batch { queue, messages, started: now });
        }
        invokes
    }

    /// When [`poll`](Self::poll) has something to do, if nothing is sent until then.
    pub(crate) fn next_wakeup(&self, queues: &Queues) -> Option<Moment> {
        if !self.may_invoke() {
            return None;
        }
        let window = self.filling.as_ref().map(|filling| filling.since.after(self.settings.batching_window));
        [window, queues.next_return(&self.settings.queue)].into_iter().flatten().min()
    }

    /// Deletes the messages that have succeeded; the others come back later.
    pub(crate) fn finished(
        &mut self,
        now: Moment,
        id: BatchId,
        outcome: Outcome,
        queues: &mut Queues,
    ) -> Option<FinishedBatch> {
        let Batch { queue, messages, started } = self.in_flight.remove(&id)?;
        let ids = || messages.iter().map(|received| received.message.id.as_str());
        let all = || ids().map(str::to_owned).collect::<HashSet<_>>();
        let (failed, verdict) = match outcome {
            Outcome::Returned(returned) => match response::failures(&returned, ids()) {
                Ok(failed) if failed.is_empty() => (failed, BatchVerdict::Succeeded),
                Ok(failed) => (failed, BatchVerdict::PartlyFailed),
                Err(problem) => (all(), BatchVerdict::Malformed { problem }),
            },
            Outcome::FunctionError { message, .. } => (all(), BatchVerdict::FunctionError { message }),
            Outcome::Unavailable { message } => (all(), BatchVerdict::Unavailable { message }),
        };
        let reason = verdict.reason().unwrap_or(NAMED);
        for Received { message, receipt_handle } in &messages {
            if failed.contains(&message.id) {
                queues.note_failure(&queue, receipt_handle, reason);
            } else {
                queues.delete(&queue, receipt_handle);
            }
        }
        let (records, failed) = (messages.len(), failed.len());
        Some(FinishedBatch { queue, records, failed, started, ended: now, verdict })
    }

    fn may_invoke(&self) -> bool {
        !self.is_stopped && self.in_flight.len() < self.settings.concurrency
    }

    fn fill(&mut self, now: Moment, queues: &mut Queues) {
        let queue = &self.settings.queue;
        let filling = self.filling.get_or_insert_with(|| Filling::starting(now));
        while filling.messages.len() < self.settings.batch_size
            && let Some(bytes) = next_record_bytes(now, queue, queues)
        {
            filling.is_full = !filling.messages.is_empty() && filling.bytes + bytes > MAX_EVENT_BYTES;
            if filling.is_full {
                break;
            }
            // None, if what was there became dead letters, or too many are in flight.
            let Some(received) = queues.receive(now, queue, 1, None).pop() else { break };
            filling.bytes += bytes;
            filling.messages.push(received);
        }
        self.filling.take_if(|filling| filling.messages.is_empty());
    }

    fn empty(&mut self, now: Moment, queues: &mut Queues) {
        for received in self.filling.take().into_iter().flat_map(|filling| filling.messages) {
            queues.give_back(now, &self.settings.queue, &received.receipt_handle);
        }
    }
}

impl Filling {
    fn starting(now: Moment) -> Self {
        Self { messages: Vec::new(), bytes: event::ENVELOPE_BYTES, since: now, is_full: false }
    }

    fn is_due(&self, now: Moment, settings: &MappingSettings) -> bool {
        self.is_full
            || self.messages.len() >= settings.batch_size
            || now.since(self.since) >= settings.batching_window
    }
}

/// Bytes that the next message will have in an event.
fn next_record_bytes(now: Moment, queue: &str, queues: &mut Queues) -> Option<usize> {
    let (arn, region) = (queues.place().queue_arn(queue), queues.place().region.clone());
    Some(event::record_bytes(queues.next_message(now, queue)?, &arn, &region))
}

#[cfg(test)]
mod schedules;
#[cfg(test)]
mod tests;
