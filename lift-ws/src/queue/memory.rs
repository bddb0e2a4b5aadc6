//! A queue in memory: it delivers as Lambda's event source mapping does, when a test says so.

use super::{Queue, QueueError, QueueErrorKind, QueueMessage};
use crate::store::BoxFuture;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often a message is delivered before it goes to the dead letters.
const MAX_RECEIVES: u32 = 3;

/// A queue in memory, for tests: with redelivery and dead letters, without time.
///
/// ```
/// # use lift_ws::queue::{Queue, QueueMessage, memory::MemoryQueue};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let queue = MemoryQueue::new();
/// queue.send(&QueueMessage::new("hello")).await.unwrap();
/// let batch = queue.receive(10);
/// assert_eq!((batch.len(), queue.len()), (1, 0));
/// queue.abandon(batch); // the function died: the message comes back
/// assert_eq!(queue.receive(10)[0].receives, 2);
/// # });
/// ```
#[derive(Debug)]
pub struct MemoryQueue {
    state: Mutex<State>,
    max_receives: u32,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Delivery>,
    dead: Vec<Delivery>,
    taken: u64,
    refusals: VecDeque<QueueErrorKind>,
}

/// A message that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The queue's id of the message.
    pub id: String,
    /// The message.
    pub message: QueueMessage,
    /// How often it was delivered, this time included.
    pub receives: u32,
}

impl Default for MemoryQueue {
    fn default() -> Self {
        MemoryQueue { state: Mutex::default(), max_receives: MAX_RECEIVES }
    }
}

impl MemoryQueue {
    /// An empty queue that delivers a message three times at most.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how often a message is delivered before it goes to the dead letters, at least once.
    #[must_use]
    pub fn with_max_receives(self, receives: u32) -> Self {
        MemoryQueue { max_receives: receives.max(1), ..self }
    }

    /// Refuses the next message so.
    pub fn refuse(&self, kind: QueueErrorKind) {
        self.lock().refusals.push_back(kind);
    }

    /// How many messages wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Does none wait?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was delivered as often as may be, and never done.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<Delivery> {
        self.lock().dead.clone()
    }

    /// Delivers up to `most` messages. Those that have been delivered as often as may be go to the dead letters.
    pub fn receive(&self, most: usize) -> Vec<Delivery> {
        let mut state = self.lock();
        let mut batch = Vec::new();
        while batch.len() < most
            && let Some(mut next) = state.waiting.pop_front()
        {
            if next.receives >= self.max_receives {
                state.dead.push(next);
                continue;
            }
            next.receives += 1;
            batch.push(next);
        }
        batch
    }

    /// Takes back a batch that nobody answered.
    pub fn abandon(&self, batch: Vec<Delivery>) {
        self.lock().waiting.extend(batch);
    }

    /// Takes a function's answer to a batch, as Lambda does: messages that it names are delivered again, the others are
    /// done. An answer without a list says that all are done; one with a name that is none of the batch's, that none
    /// is.
    pub fn settle(&self, batch: Vec<Delivery>, answer: &Value) {
        let empty = Vec::new();
        let failures = answer["batchItemFailures"].as_array().unwrap_or(&empty);
        let names: Vec<&str> =
            failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap_or_default()).collect();
        let all_fail = names.iter().any(|name| batch.iter().all(|delivery| delivery.id != *name));
        let again = batch.into_iter().filter(|delivery| all_fail || names.contains(&delivery.id.as_str()));
        self.lock().waiting.extend(again);
    }

    /// A batch as the event that Lambda gives a function.
    #[must_use]
    pub fn event(batch: &[Delivery]) -> Vec<u8> {
        let record = |delivery: &Delivery| {
            json!({
                "messageId": delivery.id,
                "receiptHandle": format!("handle-of-{}", delivery.id),
                "body": delivery.message.body,
                "attributes": {
                    "ApproximateReceiveCount": delivery.receives.to_string(),
                    "SentTimestamp": "1767225600000",
                    "SenderId": "AIDATEST",
                    "ApproximateFirstReceiveTimestamp": "1767225600000",
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:test",
                "awsRegion": "us-east-1",
            })
        };
        json!({ "Records": batch.iter().map(record).collect::<Vec<_>>() }).to_string().into_bytes()
    }

    fn take(&self, message: &QueueMessage) -> Result<(), QueueError> {
        let mut state = self.lock();
        if let Some(kind) = state.refusals.pop_front() {
            return Err(QueueError::new(kind));
        }
        state.taken += 1;
        let id = format!("message-{}", state.taken);
        state.waiting.push_back(Delivery { id, message: message.clone(), receives: 0 });
        Ok(())
    }

    // Each operation leaves the state whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue for MemoryQueue {
    fn send<'a>(&'a self, message: &'a QueueMessage) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move { self.take(message) })
    }

    fn send_batch<'a>(&'a self, messages: &'a [QueueMessage]) -> BoxFuture<'a, Vec<Result<(), QueueError>>> {
        Box::pin(async move { messages.iter().map(|message| self.take(message)).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn with(bodies: &[&str]) -> MemoryQueue {
        let queue = MemoryQueue::new();
        let messages: Vec<QueueMessage> = bodies.iter().copied().map(QueueMessage::new).collect();
        assert!(queue.send_batch(&messages).await.iter().all(Result::is_ok));
        queue
    }

    #[tokio::test]
    async fn only_what_the_answer_names_is_delivered_again() {
        let queue = with(&["a", "b", "c"]).await;
        let batch = queue.receive(10);
        let failed = json!({ "batchItemFailures": [{ "itemIdentifier": batch[1].id }] });
        queue.settle(batch, &failed);
        let again = queue.receive(10);
        assert_eq!((again.len(), &*again[0].message.body, again[0].receives), (1, "b", 2));
    }

    #[tokio::test]
    async fn an_answer_that_names_a_stranger_fails_all() {
        let queue = with(&["a", "b"]).await;
        queue.settle(queue.receive(10), &json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }));
        assert_eq!(queue.len(), 2);
        queue.settle(queue.receive(10), &Value::Null);
        assert!(queue.is_empty());
    }

    #[tokio::test]
    async fn what_is_never_done_ends_in_the_dead_letters() {
        let queue = with(&["a"]).await;
        for _ in 0..MAX_RECEIVES {
            let batch = queue.receive(1);
            assert_eq!(batch.len(), 1);
            queue.abandon(batch);
        }
        assert!(queue.receive(1).is_empty());
        assert_eq!(queue.dead_letters().len(), 1);
    }
}
