//! All queues, and the receivers that wait for messages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::answers::Selection;
use super::attributes::QueueAttributes;
use super::error::SqsError;
use super::message::{DeadLetter, Message, Received};
use super::queue::Queue;
use super::request::Request;
use crate::core::Moment;
use crate::environments::RequestIds;

/// What a client hears: the body of the answer, or why it is refused.
pub(crate) type Answer = Result<Value, SqsError>;

/// Where the queues are said to be.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Place {
    pub(crate) fn queue_url(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.url, self.account)
    }

    pub(crate) fn queue_arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:{}:{}:{queue}", self.region, self.account)
    }
}

/// The queues of an account in a region.
#[derive(Debug)]
pub(crate) struct Queues {
    pub(super) place: Place,
    pub(super) queues: BTreeMap<String, Queue>,
    polls: Vec<Poll>,
    pub(super) ids: RequestIds,
    dead_letters: Vec<DeadLetter>,
}

/// A `ReceiveMessage` that waits.
#[derive(Debug)]
struct Poll {
    queue: String,
    until: Moment,
    wanted: Wanted,
    reply: oneshot::Sender<Answer>,
}

/// What a receiver asks for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) messages: usize,
    /// The queue's, if it does not say.
    pub(super) visibility: Option<Duration>,
    pub(super) selection: Selection,
}

/// What comes of a request.
pub(super) enum Outcome {
    Answer(Value),
    /// No messages are there yet.
    Wait {
        queue: String,
        until: Moment,
        wanted: Wanted,
    },
}

impl Queues {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            queues: BTreeMap::new(),
            polls: Vec::new(),
            ids: RequestIds::new(),
            dead_letters: Vec::new(),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Does what a client wants, and answers at once or when messages have come.
    pub(crate) fn call(&mut self, now: Moment, request: Request, reply: oneshot::Sender<Answer>) {
        match self.perform(now, request) {
            Ok(Outcome::Answer(answer)) => drop(reply.send(Ok(answer))),
            Ok(Outcome::Wait { queue, until, wanted }) => {
                // Clients that hang up again and again would fill the memory until the next message.
                self.polls.retain(|poll| !poll.reply.is_closed());
                self.polls.push(Poll { queue, until, wanted, reply });
            }
            Err(error) => drop(reply.send(Err(error))),
        }
        self.serve_polls(now);
    }

    /// Makes visible what is due, and answers whom that concerns.
    pub(crate) fn tick(&mut self, now: Moment) {
        self.serve_polls(now);
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        let due = self.polls.iter().map(|poll| {
            let back = self.next_return(&poll.queue);
            back.map_or(poll.until, |back| back.min(poll.until))
        });
        due.min()
    }

    /// When a message of this queue becomes visible that is hidden now.
    pub(crate) fn next_return(&self, queue: &str) -> Option<Moment> {
        self.queues.get(queue)?.next_return()
    }

    /// Answers everybody who waits, whatever has come.
    pub(crate) fn end_polls(&mut self, now: Moment) {
        for poll in &mut self.polls {
            poll.until = now;
        }
        self.serve_polls(now);
    }

    /// Makes a queue, or gives one of this name these attributes.
    pub(crate) fn put(&mut self, now: Moment, name: &str, attributes: QueueAttributes) {
        match self.queues.get_mut(name) {
            Some(queue) => queue.set_attributes(now, attributes),
            None => {
                let queue = Queue::new(now, self.ids.number(), attributes);
                self.queues.insert(name.to_owned(), queue);
            }
        }
    }

    /// The message that would be received next.
    pub(crate) fn next_message(&mut self, now: Moment, queue: &str) -> Option<&Message> {
        self.next_living(now, queue, 0)?;
        self.queues.get(queue)?.next_ready()
    }

    /// Receives what is there, and moves what was received too often to the dead-letter queue.
    pub(crate) fn receive(
        &mut self,
        now: Moment,
        name: &str,
        messages: usize,
        visibility: Option<Duration>,
    ) -> Vec<Received> {
        let mut received = Vec::new();
        // Messages that are hidden for no time stay visible: each is received once by one request.
        let mut last = 0;
        while received.len() < messages {
            let Some(number) = self.next_living(now, name, last) else { break };
            last = number;
            let Some(queue) = self.queues.get_mut(name).filter(|queue| !queue.is_full_of_receipts()) else {
                break;
            };
            let visibility = visibility.unwrap_or(queue.attributes.visibility_timeout);
            received.extend(queue.receive(now, number, self.ids.number(), visibility));
        }
        received
    }

    /// The first message behind this one that can be received. Those received too often become dead letters.
    fn next_living(&mut self, now: Moment, name: &str, last: u64) -> Option<u64> {
        loop {
            let queue = self.queues.get_mut(name)?;
            queue.settle(now);
            let (number, message) = queue.next_ready_after(last)?;
            let redrive = queue.attributes.redrive.as_ref();
            let target = redrive.filter(|redrive| message.receives >= redrive.max_receive_count);
            match target.map(|redrive| redrive.dead_letter_queue().to_owned()) {
                Some(target) if self.queues.contains_key(&target) => self.bury(now, name, number, target),
                _ => return Some(number),
            }
        }
    }

    /// Deletes a message that was received, as `DeleteMessage` does.
    pub(crate) fn delete(&mut self, queue: &str, handle: &str) {
        if let Some(queue) = self.queues.get_mut(queue) {
            let _ = queue.delete(handle);
        }
    }

    /// Lets others receive a message at once.
    pub(crate) fn give_back(&mut self, now: Moment, queue: &str, handle: &str) {
        if let Some(queue) = self.queues.get_mut(queue) {
            let _ = queue.change_visibility(now, handle, Duration::ZERO);
        }
    }

    /// Remembers why a receiver failed, in case that its message becomes a dead letter.
    pub(crate) fn note_failure(&mut self, queue: &str, handle: &str, reason: &str) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.note_failure(handle, reason);
        }
    }

    /// The messages that have become dead letters since this was last asked.
    pub(crate) fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        std::mem::take(&mut self.dead_letters)
    }

    /// The queue of a URL, with everything visible that is due.
    pub(super) fn find(&mut self, now: Moment, url: &str) -> Result<&mut Queue, SqsError> {
        let queue = self.queues.get_mut(name_of(url)).ok_or_else(SqsError::queue_does_not_exist)?;
        queue.settle(now);
        Ok(queue)
    }

    fn bury(&mut self, now: Moment, name: &str, number: u64, target: String) {
        let source = self.place.queue_arn(name);
        let Some(message) = self.queues.get_mut(name).and_then(|queue| queue.remove(number)) else { return };
        self.dead_letters.push(DeadLetter {
            queue: name.to_owned(),
            dead_letter_queue: target.clone(),
            message_id: message.id.clone(),
            receives: message.receives,
            reason: message.last_failure.clone(),
        });
        if let Some(queue) = self.queues.get_mut(&target) {
            queue.push(now, Message { source: Some(source), ..message }, Duration::ZERO);
        }
    }

    /// Gives what has come to those who wait, first come, first served.
    fn serve_polls(&mut self, now: Moment) {
        for poll in std::mem::take(&mut self.polls) {
            if poll.reply.is_closed() {
                continue;
            }
            if !self.queues.contains_key(&poll.queue) {
                let _ = poll.reply.send(Err(SqsError::queue_does_not_exist()));
                continue;
            }
            let received = self.receive(now, &poll.queue, poll.wanted.messages, poll.wanted.visibility);
            if received.is_empty() && poll.until > now {
                self.polls.push(poll);
            } else {
                let _ = poll.reply.send(Ok(poll.wanted.selection.answer(&received)));
            }
        }
    }
}

/// The last part of a queue's URL. The rest may be of another time or name of this machine.
pub(super) fn name_of(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

pub(super) fn nothing() -> Outcome {
    Outcome::Answer(json!({}))
}
