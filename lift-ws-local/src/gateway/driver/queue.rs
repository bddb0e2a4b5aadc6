//! The driver's work for the queues: batches go to the same environments as WebSocket events do.

use std::time::Duration;

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
        let visibility =
            queue.map(|queue| visibility_timeout(queue, settings.function_timeout, settings.init_timeout));
        let visibility = visibility.unwrap_or(settings.function_timeout);
        self.sqs.configure(now, queue, visibility, room.max(1));
        self.launcher.endpoints.queue = queue.map(|queue| QueueEndpoint {
            url: self.sqs.jobs_url(),
            max_receives: queue.max_receive_count.to_string(),
        });
    }

    /// Gives the function what has come to the queue.
    pub(super) fn poll_queues(&mut self, now: Moment) {
        for Invoke { batch, event } in self.sqs.poll(now) {
            self.note(|inspection, time| {
                let route = crate::sqs::JOBS.to_owned();
                inspection.journal.invoked(time, Work::Batch(batch), None, route, event.clone());
            });
            let invocation = Invocation { work: Work::Batch(batch), source: Source::Queue, event };
            self.pool.invoke(now, invocation, &mut self.pool_actions);
        }
        for dead_letter in self.sqs.take_dead_letters() {
            self.report.dead_letters += 1;
            self.emit(GatewayEvent::DeadLettered(dead_letter));
        }
    }

    pub(super) fn batch_finished(&mut self, now: Moment, batch: BatchId, outcome: Outcome) {
        let Some(finished) = self.sqs.finished(now, batch, outcome) else { return };
        self.report.batches += 1;
        self.report.failed_batches += u64::from(finished.verdict != BatchVerdict::Succeeded);
        self.note(|inspection, time| {
            inspection.journal.batch_finished(time, Work::Batch(batch), &finished.verdict);
        });
        self.emit(GatewayEvent::BatchFinished(finished));
    }
}

/// How long a message is hidden: while it waits for others to share its batch, and while the function may have it.
/// Otherwise it would be given out a second time, as it is on AWS, where only the function's timeout is enforced.
fn visibility_timeout(queue: &ManifestQueue, function: Duration, init: Duration) -> Duration {
    let least = function + queue.batching_window;
    queue.visibility_timeout.map_or(least + init, |wanted| wanted.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_hidden_for_its_batchs_window_and_the_functions_time() {
        let seconds = Duration::from_secs;
        let visibility = |wanted: Option<u64>, window| {
            let mut queue = ManifestQueue::default();
            (queue.visibility_timeout, queue.batching_window) = (wanted.map(seconds), seconds(window));
            visibility_timeout(&queue, seconds(30), seconds(10))
        };
        assert_eq!(visibility(None, 0), seconds(40));
        assert_eq!(visibility(None, 300), seconds(340));
        assert_eq!(visibility(Some(5), 0), seconds(30));
        assert_eq!(visibility(Some(60), 50), seconds(80));
        assert_eq!(visibility(Some(600), 50), seconds(600));
    }
}
