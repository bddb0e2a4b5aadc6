//! The driver's work for the queues: batches go to the same environments as WebSocket events do.

use super::Driver;
use crate::core::{ManifestQueue, Moment, Outcome};
use crate::environments::{Invocation, QueueEndpoint, Source, Work};
use crate::event::GatewayEvent;
use crate::sqs::{BatchId, BatchVerdict, Invoke};

impl Driver {
    /// Maps the queue of jobs to the function, if its manifest wants that.
    pub(super) fn configure_queue(&mut self, now: Moment, queue: Option<&ManifestQueue>) {
        let settings = &self.pool_settings;
        // One environment is left to WebSocket events, or with a single one, one of its events at a time.
        let room = match (settings.max_environments, settings.concurrency) {
            (1, concurrency) => concurrency - 1,
            (environments, concurrency) => (environments - 1) * concurrency,
        };
        // Lambda refuses a mapping whose queue gives messages to others while the function may still have them.
        let (least, usual) = (settings.function_timeout, settings.function_timeout + settings.init_timeout);
        let visibility = queue.and_then(|queue| queue.visibility_timeout);
        let visibility = visibility.map_or(usual, |wanted| wanted.max(least));
        self.sqs.configure(now, queue, visibility, room.max(1));
        self.launcher.endpoints.queue = queue.map(|queue| QueueEndpoint {
            url: self.sqs.jobs_url(),
            max_receives: queue.max_receive_count.to_string(),
        });
    }

    /// Gives the function what has come to the queue.
    pub(super) fn poll_queues(&mut self, now: Moment) {
        for Invoke { batch, event } in self.sqs.poll(now) {
            let invocation = Invocation { work: Work::Batch(batch), source: Source::Queue, event };
            self.pool.invoke(now, invocation, &mut self.pool_actions);
        }
        for dead_letter in self.sqs.take_dead_letters() {
            self.report.dead_letters += 1;
            self.sink.emit(GatewayEvent::DeadLettered(dead_letter));
        }
    }

    pub(super) fn batch_finished(&mut self, now: Moment, batch: BatchId, outcome: Outcome) {
        let Some(finished) = self.sqs.finished(now, batch, outcome) else { return };
        self.report.batches += 1;
        self.report.failed_batches += u64::from(finished.verdict != BatchVerdict::Succeeded);
        self.sink.emit(GatewayEvent::BatchFinished(finished));
    }
}
