//! A message, and what a receiver gets of it.

use std::sync::Arc;

use super::message_attributes::MessageAttributes;
use crate::core::Moment;

/// A message in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// A UUID, as SQS gives it.
    pub(crate) id: String,
    pub(crate) body: Arc<str>,
    pub(crate) md5_of_body: String,
    pub(crate) attributes: MessageAttributes,
    /// `AWSTraceHeader`, the one system attribute that a sender may set.
    pub(crate) trace_header: Option<String>,
    pub(crate) group_id: Option<String>,
    pub(crate) sent: Moment,
    pub(crate) first_received: Option<Moment>,
    /// How often it was received, in all queues that it has been in.
    pub(crate) receives: u32,
    /// The ARN of the queue that it comes from, if this is a dead letter.
    pub(crate) source: Option<String>,
    /// Why its last receiver failed, if that told.
    pub(crate) last_failure: Option<String>,
    pub(super) place: Place,
    /// Of the newest receipt; zero before the first.
    pub(super) nonce: u64,
    pub(super) last_received: Moment,
}

/// Whether a message can be received now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Ready,
    /// Not before this moment, for the first time.
    Delayed(Moment),
    /// Somebody has it; it comes back at this moment.
    InFlight(Moment),
}

/// A message that somebody has received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) message: Message,
    pub(crate) receipt_handle: String,
}

/// A message that was moved to a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue that it was in.
    pub queue: String,
    /// The queue that it is in now.
    pub dead_letter_queue: String,
    /// Its id.
    pub message_id: String,
    /// How often it was received.
    pub receives: u32,
    /// What its last receiver said; `None` if it came back without a word. It may hold internals.
    pub reason: Option<String>,
}

impl Message {
    /// Name and value of the system attributes that the message has, in the order of the names.
    pub(crate) fn system_attributes(&self) -> Vec<(&'static str, String)> {
        let first_received = self.first_received.unwrap_or(self.sent);
        let mut attributes = Vec::with_capacity(7);
        attributes.extend(self.trace_header.clone().map(|header| ("AWSTraceHeader", header)));
        attributes.push(("ApproximateFirstReceiveTimestamp", first_received.as_millis().to_string()));
        attributes.push(("ApproximateReceiveCount", self.receives.to_string()));
        attributes.extend(self.source.clone().map(|arn| ("DeadLetterQueueSourceArn", arn)));
        attributes.extend(self.group_id.clone().map(|group| ("MessageGroupId", group)));
        attributes.push(("SenderId", "local".to_owned()));
        attributes.push(("SentTimestamp", self.sent.as_millis().to_string()));
        attributes
    }
}
