//! The attributes of a queue: how long, how large, how often.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use super::error::{SqsError, SqsErrorKind};

/// The most that a message may have, body and attributes: 1 MiB.
pub(super) const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
pub(super) const DELAY_SECONDS: RangeInclusive<u64> = 0..=900;
pub(super) const VISIBILITY_SECONDS: RangeInclusive<u64> = 0..=43_200;
pub(super) const WAIT_SECONDS: RangeInclusive<u64> = 0..=20;
const MESSAGE_BYTES: RangeInclusive<u64> = 1024..=MAX_MESSAGE_BYTES as u64;
const RETENTION_SECONDS: RangeInclusive<u64> = 60..=1_209_600;
const MAX_RECEIVE_COUNT: RangeInclusive<u64> = 1..=1000;

/// Attributes that are kept and told, but change nothing at home: nobody else can reach these queues.
const WITHOUT_EFFECT: [&str; 5] = [
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

/// What can be set about a queue; the defaults are SQS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueAttributes {
    pub(crate) delay: Duration,
    pub(crate) maximum_message_bytes: usize,
    pub(crate) retention: Duration,
    pub(crate) wait_time: Duration,
    pub(crate) visibility_timeout: Duration,
    pub(crate) redrive: Option<RedrivePolicy>,
    pub(in crate::sqs) others: BTreeMap<String, String>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedrivePolicy {
    pub(crate) dead_letter_target_arn: String,
    pub(crate) max_receive_count: u32,
}

impl Default for QueueAttributes {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            maximum_message_bytes: MAX_MESSAGE_BYTES,
            retention: Duration::from_secs(4 * 24 * 60 * 60),
            wait_time: Duration::ZERO,
            visibility_timeout: Duration::from_secs(30),
            redrive: None,
            others: BTreeMap::new(),
        }
    }
}

impl QueueAttributes {
    /// Sets what the map has; nothing, if something in it is wrong.
    pub(super) fn apply(&mut self, map: &BTreeMap<String, String>) -> Result<(), SqsError> {
        let mut new = self.clone();
        for (name, value) in map {
            new.set(name, value)?;
        }
        *self = new;
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), SqsError> {
        let seconds = |range| number(name, value, range).map(Duration::from_secs);
        match name {
            "DelaySeconds" => self.delay = seconds(DELAY_SECONDS)?,
            "MaximumMessageSize" => {
                self.maximum_message_bytes =
                    usize::try_from(number(name, value, MESSAGE_BYTES)?).unwrap_or(MAX_MESSAGE_BYTES);
            }
            "MessageRetentionPeriod" => self.retention = seconds(RETENTION_SECONDS)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait_time = seconds(WAIT_SECONDS)?,
            "VisibilityTimeout" => self.visibility_timeout = seconds(VISIBILITY_SECONDS)?,
            "RedrivePolicy" => self.redrive = RedrivePolicy::parse(value)?,
            "FifoQueue" | "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit"
                if value != "false" =>
            {
                let message = format!("{name}: the local SQS serves standard queues, not FIFO queues.");
                return Err(SqsError::new(SqsErrorKind::UnsupportedOperation, message));
            }
            "FifoQueue" | "ContentBasedDeduplication" => {}
            name if WITHOUT_EFFECT.contains(&name) => {
                self.others.insert(name.to_owned(), value.to_owned());
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    /// Name and value of all that is set, as `GetQueueAttributes` tells them.
    pub(super) fn to_map(&self) -> BTreeMap<String, String> {
        let seconds = |duration: Duration| duration.as_secs().to_string();
        let mut map = self.others.clone();
        map.insert("DelaySeconds".to_owned(), seconds(self.delay));
        map.insert("MaximumMessageSize".to_owned(), self.maximum_message_bytes.to_string());
        map.insert("MessageRetentionPeriod".to_owned(), seconds(self.retention));
        map.insert("ReceiveMessageWaitTimeSeconds".to_owned(), seconds(self.wait_time));
        map.insert("VisibilityTimeout".to_owned(), seconds(self.visibility_timeout));
        if let Some(redrive) = &self.redrive {
            map.insert("RedrivePolicy".to_owned(), redrive.to_json());
        }
        map
    }
}

impl RedrivePolicy {
    /// An empty text takes the policy away.
    fn parse(text: &str) -> Result<Option<Self>, SqsError> {
        if text.is_empty() {
            return Ok(None);
        }
        let refuse = |reason: &str| SqsError::invalid(text, "RedrivePolicy", reason);
        let policy: Value = serde_json::from_str(text).map_err(|_| refuse("Redrive policy is not JSON."))?;
        let target = policy["deadLetterTargetArn"].as_str();
        let target = target.ok_or_else(|| refuse("Redrive policy must contain deadLetterTargetArn."))?;
        // A number for some SDKs and a text for others.
        let count = match &policy["maxReceiveCount"] {
            Value::String(text) => text.parse().ok(),
            number => number.as_u64(),
        };
        let count = count.filter(|count| MAX_RECEIVE_COUNT.contains(count));
        let count = count.and_then(|count| u32::try_from(count).ok());
        let count = count.ok_or_else(|| refuse("maxReceiveCount must be between 1 and 1000."))?;
        Ok(Some(Self { dead_letter_target_arn: target.to_owned(), max_receive_count: count }))
    }

    fn to_json(&self) -> String {
        let (target, count) = (&self.dead_letter_target_arn, self.max_receive_count);
        json!({ "deadLetterTargetArn": target, "maxReceiveCount": count }).to_string()
    }

    /// The name of the queue that the policy points at.
    pub(super) fn dead_letter_queue(&self) -> &str {
        self.dead_letter_target_arn.rsplit(':').next().unwrap_or_default()
    }
}

fn number(name: &str, value: &str, range: RangeInclusive<u64>) -> Result<u64, SqsError> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let message = format!(
            "Invalid value for the parameter {name}. Reason: {value} is not between {} and {}.",
            range.start(),
            range.end()
        );
        SqsError::new(SqsErrorKind::InvalidAttributeValue, message)
    })
}

pub(super) fn unknown(name: &str) -> SqsError {
    SqsError::new(SqsErrorKind::InvalidAttributeName, format!("Unknown Attribute {name}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(attributes: &[(&str, &str)]) -> BTreeMap<String, String> {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_set_is_told_again() {
        let mut attributes = QueueAttributes::default();
        let policy =
            r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"3"}"#;
        attributes.apply(&map(&[("VisibilityTimeout", "7"), ("RedrivePolicy", policy)])).unwrap();
        assert_eq!(attributes.visibility_timeout, Duration::from_secs(7));
        assert_eq!(attributes.redrive.as_ref().unwrap().dead_letter_queue(), "dead");
        let told = attributes.to_map();
        assert_eq!(told["VisibilityTimeout"], "7");
        let mut again = QueueAttributes::default();
        again.apply(&told).unwrap();
        assert_eq!(again, attributes);
        again.apply(&map(&[("RedrivePolicy", "")])).unwrap();
        assert_eq!(again.redrive, None);
    }

    #[test]
    fn a_wrong_attribute_is_named_and_changes_nothing() {
        let mut attributes = QueueAttributes::default();
        for (name, value, kind) in [
            ("VisibilityTimeout", "43201", SqsErrorKind::InvalidAttributeValue),
            ("DelaySeconds", "-1", SqsErrorKind::InvalidAttributeValue),
            ("RedrivePolicy", "{}", SqsErrorKind::InvalidParameterValue),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"a","maxReceiveCount":0}"#,
                SqsErrorKind::InvalidParameterValue,
            ),
            ("FifoQueue", "true", SqsErrorKind::UnsupportedOperation),
            ("Colour", "red", SqsErrorKind::InvalidAttributeName),
        ] {
            // An attribute that comes before the wrong one in order.
            let error = attributes.apply(&map(&[("DelaySeconds", "5"), (name, value)])).unwrap_err();
            assert_eq!(error.kind, kind, "{name}");
            assert!(error.message.contains(name), "{error}");
            assert_eq!(attributes, QueueAttributes::default());
        }
    }
}
