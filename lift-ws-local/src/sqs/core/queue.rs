//! One standard queue: what is in it, and who may see what when.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::attributes::QueueAttributes;
use super::error::{SqsError, SqsErrorKind};
use super::message::{Message, Place, Received};
use super::receipt::Receipt;
use crate::core::Moment;

/// Messages that may be hidden by their receivers at a time.
const MAX_IN_FLIGHT: usize = 120_000;
/// For how long a message can be hidden in all.
const MAX_HIDDEN: Duration = Duration::from_secs(12 * 60 * 60);
/// One purge a minute.
const PURGE_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Queue {
    /// Differs from queue to queue, also of one name.
    tag: u64,
    pub(super) attributes: QueueAttributes,
    pub(super) created: Moment,
    pub(super) modified: Moment,
    purged: Option<Moment>,
    messages: HashMap<u64, Message>,
    last_number: u64,
    /// In order of sending.
    ready: BTreeSet<u64>,
    delayed: BTreeSet<(Moment, u64)>,
    in_flight: BTreeSet<(Moment, u64)>,
    by_age: BTreeSet<(Moment, u64)>,
}

impl Queue {
    pub(super) fn new(now: Moment, tag: u64, attributes: QueueAttributes) -> Self {
        Self {
            tag,
            attributes,
            created: now,
            modified: now,
            purged: None,
            messages: HashMap::new(),
            last_number: 0,
            ready: BTreeSet::new(),
            delayed: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            by_age: BTreeSet::new(),
        }
    }

    pub(super) fn set_attributes(&mut self, now: Moment, attributes: QueueAttributes) {
        if self.attributes != attributes {
            self.attributes = attributes;
            self.modified = now;
        }
    }

    pub(super) fn push(&mut self, now: Moment, mut message: Message, delay: Duration) {
        self.last_number += 1;
        let number = self.last_number;
        message.place = if delay.is_zero() { Place::Ready } else { Place::Delayed(now.after(delay)) };
        self.by_age.insert((message.sent, number));
        self.enter(message.place, number);
        self.messages.insert(number, message);
    }

    /// Makes visible what is due, and forgets what is too old.
    pub(super) fn settle(&mut self, now: Moment) {
        while let Some(&(sent, number)) = self.by_age.first()
            && now.since(sent) >= self.attributes.retention
        {
            self.by_age.pop_first();
            self.remove(number);
        }
        while let Some(&(due, number)) = self.delayed.first()
            && due <= now
        {
            self.put(number, Place::Ready);
        }
        while let Some(&(due, number)) = self.in_flight.first()
            && due <= now
        {
            self.put(number, Place::Ready);
        }
    }

    /// The message that is received next.
    pub(super) fn next_ready(&self) -> Option<&Message> {
        self.next_ready_after(0).map(|(_, message)| message)
    }

    /// The first message that can be received and is behind this one.
    pub(super) fn next_ready_after(&self, number: u64) -> Option<(u64, &Message)> {
        let number = *self.ready.range(number + 1..).next()?;
        Some((number, self.messages.get(&number)?))
    }

    pub(super) fn is_full_of_receipts(&self) -> bool {
        self.in_flight.len() >= MAX_IN_FLIGHT
    }

    /// Hides a message and counts that it was received.
    pub(super) fn receive(
        &mut self,
        now: Moment,
        number: u64,
        nonce: u64,
        visibility: Duration,
    ) -> Option<Received> {
        let message = self.messages.get_mut(&number)?;
        message.receives += 1;
        message.first_received.get_or_insert(now);
        message.last_received = now;
        message.nonce = nonce;
        let receipt_handle = Receipt { queue: self.tag, message: number, nonce }.to_string();
        let received = Received { message: message.clone(), receipt_handle };
        // Hidden for no time at all, it can be received again at once.
        if !visibility.is_zero() {
            self.put(number, Place::InFlight(now.after(visibility)));
        }
        Some(received)
    }

    /// Deletes the message of this receipt. An older receipt than the newest deletes nothing and is no error,
    /// nor is a message that is deleted already.
    pub(super) fn delete(&mut self, handle: &str) -> Result<(), SqsError> {
        let receipt = Receipt::parse(handle, self.tag)?;
        if self.messages.get(&receipt.message).is_some_and(|message| message.nonce == receipt.nonce) {
            self.remove(receipt.message);
        }
        Ok(())
    }

    /// Hides a message that somebody has for this long from now; with zero it can be received at once.
    pub(super) fn change_visibility(
        &mut self,
        now: Moment,
        handle: &str,
        timeout: Duration,
    ) -> Result<(), SqsError> {
        let receipt = Receipt::parse(handle, self.tag)?;
        let message = self.messages.get(&receipt.message).filter(|message| message.nonce == receipt.nonce);
        let Some(message) = message else {
            let reason = "Message does not exist or is not available for visibility timeout change.";
            return Err(SqsError::invalid(handle, "ReceiptHandle", reason));
        };
        if !matches!(message.place, Place::InFlight(_)) {
            let message = "The specified message isn't in flight.";
            return Err(SqsError::new(SqsErrorKind::MessageNotInflight, message));
        }
        if now.after(timeout).since(message.last_received) > MAX_HIDDEN {
            let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
            return Err(SqsError::invalid(timeout.as_secs(), "VisibilityTimeout", reason));
        }
        let place = if timeout.is_zero() { Place::Ready } else { Place::InFlight(now.after(timeout)) };
        self.put(receipt.message, place);
        Ok(())
    }

    /// Remembers why the receiver of this receipt failed.
    pub(super) fn note_failure(&mut self, handle: &str, reason: &str) {
        let Ok(receipt) = Receipt::parse(handle, self.tag) else { return };
        if let Some(message) = self.messages.get_mut(&receipt.message)
            && message.nonce == receipt.nonce
        {
            message.last_failure = Some(reason.to_owned());
        }
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Message> {
        let message = self.messages.remove(&number)?;
        self.leave(message.place, number);
        self.by_age.remove(&(message.sent, number));
        Some(message)
    }

    pub(super) fn purge(&mut self, now: Moment) -> Result<(), SqsError> {
        if self.purged.is_some_and(|before| now.since(before) < PURGE_PAUSE) {
            let message = "Only one PurgeQueue operation is allowed every 60 seconds.";
            return Err(SqsError::new(SqsErrorKind::PurgeQueueInProgress, message));
        }
        self.purged = Some(now);
        self.messages.clear();
        self.ready.clear();
        self.delayed.clear();
        self.in_flight.clear();
        self.by_age.clear();
        Ok(())
    }

    /// When a message becomes visible that is hidden now.
    pub(super) fn next_return(&self) -> Option<Moment> {
        let first = |set: &BTreeSet<(Moment, u64)>| set.first().map(|(due, _)| *due);
        [first(&self.delayed), first(&self.in_flight)].into_iter().flatten().min()
    }

    /// How many messages are visible, in flight, and delayed.
    pub(super) fn counts(&self) -> [usize; 3] {
        [self.ready.len(), self.in_flight.len(), self.delayed.len()]
    }

    fn put(&mut self, number: u64, place: Place) {
        let Some(message) = self.messages.get_mut(&number) else { return };
        let before = std::mem::replace(&mut message.place, place);
        self.leave(before, number);
        self.enter(place, number);
    }

    fn enter(&mut self, place: Place, number: u64) {
        match place {
            Place::Ready => self.ready.insert(number),
            Place::Delayed(due) => self.delayed.insert((due, number)),
            Place::InFlight(due) => self.in_flight.insert((due, number)),
        };
    }

    fn leave(&mut self, place: Place, number: u64) {
        match place {
            Place::Ready => self.ready.remove(&number),
            Place::Delayed(due) => self.delayed.remove(&(due, number)),
            Place::InFlight(due) => self.in_flight.remove(&(due, number)),
        };
    }
}
