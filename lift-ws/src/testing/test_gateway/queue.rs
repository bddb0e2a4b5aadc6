//! The queue of jobs on the virtual clock: a memory queue that keeps messages back for their delay.

use super::hub::Hub;
use crate::queue::memory::MemoryQueue;
use crate::queue::{Queue, QueueError, QueueMessage};
use crate::store::BoxFuture;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a message that was delivered is hidden from others: as the local gateway does it, the function's timeout and
/// ten seconds.
const SLACK: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct TimedQueue {
    memory: Arc<MemoryQueue>,
    visibility: Duration,
    kept_back: Mutex<KeptBack>,
}

#[derive(Debug, Default)]
struct KeptBack {
    /// By the time at which they may be delivered, then in the order of sending.
    messages: BTreeMap<(Duration, u64), QueueMessage>,
    taken: u64,
}

impl TimedQueue {
    pub(super) fn new(function_timeout: Duration) -> Self {
        Self {
            memory: Arc::new(MemoryQueue::new()),
            visibility: function_timeout + SLACK,
            kept_back: Mutex::default(),
        }
    }

    pub(super) fn memory(&self) -> &MemoryQueue {
        &self.memory
    }

    pub(super) fn visibility(&self) -> Duration {
        self.visibility
    }

    /// When the next message may be delivered.
    pub(super) fn next_due(&self) -> Option<Duration> {
        Some(self.lock().messages.first_key_value()?.0.0)
    }

    /// Takes the messages in that may be delivered now.
    pub(super) async fn release(&self) {
        loop {
            let message = {
                let mut kept_back = self.lock();
                let Some(first) = kept_back.messages.first_entry() else { return };
                if first.key().0 > Hub::passed() {
                    return;
                }
                first.remove()
            };
            // What was taken at its time is not refused later.
            let _ = self.memory.send(&QueueMessage::new(message.body)).await;
        }
    }

    fn keep_back(&self, message: &QueueMessage) {
        let mut kept_back = self.lock();
        kept_back.taken += 1;
        let place = (Hub::passed() + message.delay, kept_back.taken);
        kept_back.messages.insert(place, message.clone());
    }

    // Each operation leaves the map whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, KeptBack> {
        self.kept_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, message: &QueueMessage) -> Result<(), QueueError> {
        if message.delay.is_zero() {
            return self.memory.send(message).await;
        }
        self.keep_back(message);
        Ok(())
    }
}

impl Queue for TimedQueue {
    fn send<'a>(&'a self, message: &'a QueueMessage) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(self.take(message))
    }

    fn send_batch<'a>(&'a self, messages: &'a [QueueMessage]) -> BoxFuture<'a, Vec<Result<(), QueueError>>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(messages.len());
            for message in messages {
                answers.push(self.take(message).await);
            }
            answers
        })
    }
}
