//! What each request does.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answers::Selection;
use super::attributes::{
    self, DELAY_SECONDS, MAX_MESSAGE_BYTES, QueueAttributes, VISIBILITY_SECONDS, WAIT_SECONDS,
};
use super::batch;
use super::error::{SqsError, SqsErrorKind};
use super::message::{Message, Place};
use super::queue::Queue;
use super::queues::{Outcome, Queues, Wanted, name_of, nothing};
use super::request::{
    Batch, ChangeVisibility, CreateQueue, DeleteMessage, GetQueueAttributes, ListQueues, OfQueue,
    ReceiveMessage, Request, SendMessage, SetQueueAttributes,
};
use crate::core::Moment;
use crate::environments::RequestIds;

const MAX_NAME_CHARACTERS: usize = 80;
const MAX_LISTED: usize = 1000;
const MESSAGES: RangeInclusive<i64> = 1..=10;

impl Queues {
    pub(super) fn perform(&mut self, now: Moment, request: Request) -> Result<Outcome, SqsError> {
        match request {
            Request::SendMessage(OfQueue { queue_url, what }) => {
                let (queue, ids) = self.find_with_ids(now, &queue_url)?;
                send(queue, now, ids, what).map(|sent| Outcome::Answer(sent.into()))
            }
            Request::SendMessageBatch(batch) => self.send_batch(now, batch).map(Outcome::Answer),
            Request::ReceiveMessage(OfQueue { queue_url, what }) => {
                self.receive_or_wait(now, &queue_url, what)
            }
            Request::DeleteMessage(OfQueue { queue_url, what }) => {
                delete(self.find(now, &queue_url)?, &what).map(|_| nothing())
            }
            Request::DeleteMessageBatch(Batch { queue_url, entries }) => {
                let queue = self.find(now, &queue_url)?;
                batch::check(&entries)?;
                Ok(Outcome::Answer(batch::answer(entries, |what| delete(queue, &what))))
            }
            Request::ChangeMessageVisibility(OfQueue { queue_url, what }) => {
                change_visibility(self.find(now, &queue_url)?, now, &what).map(|_| nothing())
            }
            Request::ChangeMessageVisibilityBatch(Batch { queue_url, entries }) => {
                let queue = self.find(now, &queue_url)?;
                batch::check(&entries)?;
                Ok(Outcome::Answer(batch::answer(entries, |what| change_visibility(queue, now, &what))))
            }
            Request::CreateQueue(what) => self.create(now, &what).map(Outcome::Answer),
            Request::DeleteQueue(OfQueue { queue_url, .. }) => {
                self.queues.remove(name_of(&queue_url)).ok_or_else(SqsError::queue_does_not_exist)?;
                Ok(nothing())
            }
            Request::PurgeQueue(OfQueue { queue_url, .. }) => {
                self.find(now, &queue_url)?.purge(now).map(|()| nothing())
            }
            Request::GetQueueUrl(what) => match self.queues.contains_key(&what.queue_name) {
                true => Ok(Outcome::Answer(json!({ "QueueUrl": self.place.queue_url(&what.queue_name) }))),
                false => Err(SqsError::queue_does_not_exist()),
            },
            Request::ListQueues(what) => Ok(Outcome::Answer(self.list(&what))),
            Request::ListDeadLetterSourceQueues(OfQueue { queue_url, .. }) => {
                self.list_sources(now, &queue_url).map(Outcome::Answer)
            }
            Request::GetQueueAttributes(OfQueue { queue_url, what }) => {
                self.tell_attributes(now, &queue_url, &what).map(Outcome::Answer)
            }
            Request::SetQueueAttributes(OfQueue { queue_url, what }) => {
                self.set_attributes(now, &queue_url, &what).map(|()| nothing())
            }
        }
    }

    fn find_with_ids(&mut self, now: Moment, url: &str) -> Result<(&mut Queue, &mut RequestIds), SqsError> {
        let queue = self.queues.get_mut(name_of(url)).ok_or_else(SqsError::queue_does_not_exist)?;
        queue.settle(now);
        Ok((queue, &mut self.ids))
    }

    fn send_batch(&mut self, now: Moment, batch: Batch<SendMessage>) -> Result<Value, SqsError> {
        let Batch { queue_url, entries } = batch;
        let (queue, ids) = self.find_with_ids(now, &queue_url)?;
        batch::check(&entries)?;
        let bytes: usize = entries.iter().map(|entry| entry.what.size()).sum();
        if bytes > MAX_MESSAGE_BYTES {
            let message = format!(
                "Batch requests cannot be longer than {MAX_MESSAGE_BYTES} bytes. You have sent {bytes} bytes."
            );
            return Err(SqsError::new(SqsErrorKind::BatchRequestTooLong, message));
        }
        Ok(batch::answer(entries, |what| send(queue, now, ids, what)))
    }

    fn receive_or_wait(&mut self, now: Moment, url: &str, what: ReceiveMessage) -> Result<Outcome, SqsError> {
        let queue = self.find(now, url)?;
        let messages = what.max_number_of_messages.unwrap_or(1);
        if !MESSAGES.contains(&messages) {
            let reason = "Must be between 1 and 10, if provided.";
            return Err(SqsError::invalid(messages, "MaxNumberOfMessages", reason));
        }
        let visibility = seconds("VisibilityTimeout", what.visibility_timeout, VISIBILITY_SECONDS)?;
        let wait = seconds("WaitTimeSeconds", what.wait_time_seconds, WAIT_SECONDS)?;
        let until = now.after(wait.unwrap_or(queue.attributes.wait_time));
        if queue.is_full_of_receipts() {
            let message = "Too many messages are in flight for this queue.";
            return Err(SqsError::new(SqsErrorKind::OverLimit, message));
        }
        let mut system_attributes = what.message_system_attribute_names;
        system_attributes.extend(what.attribute_names);
        let selection = Selection { system_attributes, message_attributes: what.message_attribute_names };
        let wanted = Wanted { messages: usize::try_from(messages).unwrap_or(1), visibility, selection };
        let name = name_of(url);
        let received = self.receive(now, name, wanted.messages, visibility);
        if received.is_empty() && until > now {
            return Ok(Outcome::Wait { queue: name.to_owned(), until, wanted });
        }
        Ok(Outcome::Answer(wanted.selection.answer(&received)))
    }

    fn create(&mut self, now: Moment, what: &CreateQueue) -> Result<Value, SqsError> {
        let name = &what.queue_name;
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.strip_suffix(".fifo").is_some() {
            let message = "The local SQS serves standard queues, not FIFO queues.";
            return Err(SqsError::new(SqsErrorKind::UnsupportedOperation, message));
        }
        if name.is_empty() || name.len() > MAX_NAME_CHARACTERS || !name.chars().all(is_legal) {
            let reason =
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(SqsError::invalid(name, "QueueName", reason));
        }
        let mut attributes = QueueAttributes::default();
        attributes.apply(&what.attributes)?;
        self.check_dead_letter_queue(name, &attributes)?;
        if let Some(known) = self.queues.get(name) {
            let (known, wanted) = (known.attributes.to_map(), attributes.to_map());
            if let Some(other) = what.attributes.keys().find(|key| known.get(*key) != wanted.get(*key)) {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {other}"
                );
                return Err(SqsError::new(SqsErrorKind::QueueNameExists, message));
            }
        }
        if !self.queues.contains_key(name) {
            self.put(now, name, attributes);
        }
        Ok(json!({ "QueueUrl": self.place.queue_url(name) }))
    }

    /// Pages are counted by names: a token is the last name of the page before.
    fn list(&self, what: &ListQueues) -> Value {
        let after = what.next_token.as_deref().unwrap_or_default();
        let mut names = self
            .queues
            .keys()
            .filter(|name| name.starts_with(&what.queue_name_prefix) && name.as_str() > after);
        let page: Vec<_> =
            names.by_ref().take(what.max_results.unwrap_or(MAX_LISTED).clamp(1, MAX_LISTED)).collect();
        let urls: Vec<_> = page.iter().map(|name| self.place.queue_url(name)).collect();
        let mut answer = json!({ "QueueUrls": urls });
        if what.max_results.is_some() && names.next().is_some() {
            answer["NextToken"] = page.last().map(|name| name.as_str()).into();
        }
        answer
    }

    fn list_sources(&mut self, now: Moment, url: &str) -> Result<Value, SqsError> {
        self.find(now, url)?;
        let target = name_of(url);
        let is_source = |queue: &Queue| {
            queue.attributes.redrive.as_ref().is_some_and(|redrive| redrive.dead_letter_queue() == target)
        };
        let sources = self.queues.iter().filter(|(_, queue)| is_source(queue));
        let urls: Vec<_> = sources.map(|(name, _)| self.place.queue_url(name)).collect();
        Ok(json!({ "queueUrls": urls }))
    }

    fn tell_attributes(
        &mut self,
        now: Moment,
        url: &str,
        what: &GetQueueAttributes,
    ) -> Result<Value, SqsError> {
        let arn = self.place.queue_arn(name_of(url));
        let queue = self.find(now, url)?;
        let [visible, in_flight, delayed] = queue.counts();
        let mut all = queue.attributes.to_map();
        all.extend([
            ("ApproximateNumberOfMessages".to_owned(), visible.to_string()),
            ("ApproximateNumberOfMessagesDelayed".to_owned(), delayed.to_string()),
            ("ApproximateNumberOfMessagesNotVisible".to_owned(), in_flight.to_string()),
            ("CreatedTimestamp".to_owned(), (queue.created.as_millis() / 1000).to_string()),
            ("LastModifiedTimestamp".to_owned(), (queue.modified.as_millis() / 1000).to_string()),
            ("QueueArn".to_owned(), arn),
        ]);
        let wanted = &what.attribute_names;
        const OPTIONAL: [&str; 3] = ["RedrivePolicy", "Policy", "FifoQueue"];
        let is_known = |name: &String| {
            name == "All"
                || all.contains_key(name)
                || OPTIONAL.contains(&name.as_str())
                || name.contains("Kms")
        };
        if let Some(other) = wanted.iter().find(|name| !is_known(name)) {
            return Err(attributes::unknown(other));
        }
        all.retain(|name, _| wanted.iter().any(|wanted| wanted == "All" || wanted == name));
        Ok(if all.is_empty() { json!({}) } else { json!({ "Attributes": all }) })
    }

    fn set_attributes(&mut self, now: Moment, url: &str, what: &SetQueueAttributes) -> Result<(), SqsError> {
        let mut new = self.find(now, url)?.attributes.clone();
        new.apply(&what.attributes)?;
        self.check_dead_letter_queue(name_of(url), &new)?;
        self.find(now, url)?.set_attributes(now, new);
        Ok(())
    }

    /// A queue that buries in itself would be received from for ever.
    fn check_dead_letter_queue(&self, name: &str, attributes: &QueueAttributes) -> Result<(), SqsError> {
        match &attributes.redrive {
            Some(redrive) if redrive.dead_letter_queue() == name => Err(SqsError::invalid(
                &redrive.dead_letter_target_arn,
                "RedrivePolicy",
                "A queue cannot be its own dead letter target.",
            )),
            Some(redrive) if !self.queues.contains_key(redrive.dead_letter_queue()) => {
                Err(SqsError::invalid(
                    &redrive.dead_letter_target_arn,
                    "RedrivePolicy",
                    "Dead letter target does not exist.",
                ))
            }
            _ => Ok(()),
        }
    }
}

fn send(
    queue: &mut Queue,
    now: Moment,
    ids: &mut RequestIds,
    what: SendMessage,
) -> Result<Map<String, Value>, SqsError> {
    let size = what.size();
    let body = what.message_body.filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| SqsError::missing("MessageBody"))?;
    check_characters(&body)?;
    if size > queue.attributes.maximum_message_bytes {
        let limit = queue.attributes.maximum_message_bytes;
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        );
        return Err(SqsError::new(SqsErrorKind::InvalidParameterValue, message));
    }
    what.message_attributes.check()?;
    let delay = seconds("DelaySeconds", what.delay_seconds, DELAY_SECONDS)?;
    let mut answer = Map::new();
    let message = Message {
        id: ids.next().to_string(),
        md5_of_body: format!("{:x}", md5::compute(&body)),
        body: body.into(),
        trace_header: what.message_system_attributes.text("AWSTraceHeader").map(str::to_owned),
        attributes: what.message_attributes,
        group_id: what.message_group_id,
        sent: now,
        first_received: None,
        receives: 0,
        source: None,
        last_failure: None,
        place: Place::Ready,
        nonce: 0,
        last_received: now,
    };
    answer.insert("MessageId".to_owned(), message.id.clone().into());
    answer.insert("MD5OfMessageBody".to_owned(), message.md5_of_body.clone().into());
    let md5s = [
        ("MD5OfMessageAttributes", message.attributes.md5()),
        ("MD5OfMessageSystemAttributes", what.message_system_attributes.md5()),
    ];
    answer.extend(md5s.into_iter().filter_map(|(name, md5)| Some((name.to_owned(), md5?.into()))));
    let delay = delay.unwrap_or(queue.attributes.delay);
    queue.push(now, message, delay);
    Ok(answer)
}

impl SendMessage {
    /// What counts towards the size of the message.
    fn size(&self) -> usize {
        self.message_body.as_ref().map_or(0, String::len) + self.message_attributes.size()
    }
}

fn delete(queue: &mut Queue, what: &DeleteMessage) -> Result<Map<String, Value>, SqsError> {
    let handle = what.receipt_handle.as_deref().ok_or_else(|| SqsError::missing("ReceiptHandle"))?;
    queue.delete(handle).map(|()| Map::new())
}

fn change_visibility(
    queue: &mut Queue,
    now: Moment,
    what: &ChangeVisibility,
) -> Result<Map<String, Value>, SqsError> {
    let handle = what.receipt_handle.as_deref().ok_or_else(|| SqsError::missing("ReceiptHandle"))?;
    let timeout = seconds("VisibilityTimeout", what.visibility_timeout, VISIBILITY_SECONDS)?;
    let timeout = timeout.ok_or_else(|| SqsError::missing("VisibilityTimeout"))?;
    queue.change_visibility(now, handle, timeout).map(|()| Map::new())
}

fn seconds(name: &str, value: Option<i64>, range: RangeInclusive<u64>) -> Result<Option<Duration>, SqsError> {
    let Some(value) = value else { return Ok(None) };
    let legal = u64::try_from(value).ok().filter(|value| range.contains(value));
    let legal = legal.ok_or_else(|| {
        let reason = format!("{name} must be >= {} and <= {}.", range.start(), range.end());
        SqsError::invalid(value, name, &reason)
    })?;
    Ok(Some(Duration::from_secs(legal)))
}

/// The characters of XML 1.0, which SQS has spoken from its beginning.
fn check_characters(body: &str) -> Result<(), SqsError> {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    match body.chars().find(|c| !is_legal(*c)) {
        None => Ok(()),
        Some(c) => {
            let message = format!(
                "Invalid binary character '#x{:X}' was found in the message body, the set of allowed characters is #x9 | \
                 #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
                u32::from(c)
            );
            Err(SqsError::new(SqsErrorKind::InvalidMessageContents, message))
        }
    }
}
