//! The driver's work for the queues: batches go to the same environments as WebSocket events do.

use std::time::Duration;

use super::Driver;
use crate::core::{ManifestQueue, Moment, Outcome};
use crate::environments::{Invocation, PoolSettings, QueueEndpoint, Source, Work};
use crate::event::GatewayEvent;
use crate::sqs::{BatchId, BatchVerdict, Invoke, JOBS, QueuePlan};

impl Driver {
    /// Makes a queue, and maps it to its function.
    pub(super) fn configure_queue(&mut self, now: Moment, queue: &QueuePlan) {
        let function = queue.function.map(|index| &self.functions.at(index).settings);
        let visibility = match function {
            Some(function) => visibility_timeout(&queue.settings, function),
            None => queue.settings.visibility_timeout.unwrap_or(VISIBILITY),
        };
        // One environment is left to WebSocket events, or with a single one, one of its events at a time.
        let room = function.map_or(0, |function| match (function.max_environments, function.concurrency) {
            (1, concurrency) => concurrency - 1,
            (environments, concurrency) => (environments - 1) * concurrency,
        });
        self.sqs.configure(now, queue, visibility, room.max(1));
        if queue.name == JOBS {
            let url = self.sqs.url(JOBS);
            let max_receives = queue.settings.max_receive_count.to_string();
            self.tell_of_jobs(Some(QueueEndpoint { url, max_receives }));
        }
    }

    /// The program does not use its queue of jobs any more.
    pub(super) fn end_jobs(&mut self, now: Moment) {
        self.sqs.unmap(now, JOBS);
        self.tell_of_jobs(None);
    }

    fn tell_of_jobs(&mut self, queue: Option<QueueEndpoint>) {
        for served in self.functions.iter_mut() {
            served.launcher.endpoints.queue.clone_from(&queue);
        }
    }

    /// Gives the functions what has come to their queues.
    pub(super) fn poll_queues(&mut self, now: Moment) {
        for (function, Invoke { batch, event }) in self.sqs.poll(now) {
            self.note(|inspection, time| {
                let work = (function, Work::Batch(batch));
                inspection.recorder.invoked(time, work, None, "", &event);
            });
            let invocation = Invocation { work: Work::Batch(batch), source: Source::Queue, event };
            self.functions.at(function).pool.invoke(now, invocation, &mut self.pool_actions);
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
            inspection.recorder.batch_finished(time, Work::Batch(batch), &finished);
        });
        self.emit(GatewayEvent::BatchFinished(finished));
    }
}

/// SQS's own default.
const VISIBILITY: Duration = Duration::from_secs(30);

/// How long a message is hidden: while it waits for others to share its batch, and while the function may have it.
/// Otherwise it would be given out a second time, as it is on AWS, where only the function's timeout is enforced.
fn visibility_timeout(queue: &ManifestQueue, function: &PoolSettings) -> Duration {
    let least = function.function_timeout + queue.batching_window;
    queue.visibility_timeout.map_or(least + function.init_timeout, |wanted| wanted.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_hidden_for_its_batchs_window_and_the_functions_time() {
        let seconds = Duration::from_secs;
        let function = PoolSettings {
            max_environments: 1,
            concurrency: 1,
            init_timeout: seconds(10),
            function_timeout: seconds(30),
        };
        let visibility = |wanted: Option<u64>, window| {
            let mut queue = ManifestQueue::default();
            (queue.visibility_timeout, queue.batching_window) = (wanted.map(seconds), seconds(window));
            visibility_timeout(&queue, &function)
        };
        assert_eq!(visibility(None, 0), seconds(40));
        assert_eq!(visibility(None, 300), seconds(340));
        assert_eq!(visibility(Some(5), 0), seconds(30));
        assert_eq!(visibility(Some(60), 50), seconds(80));
        assert_eq!(visibility(Some(600), 50), seconds(600));
    }
}
