//! A queue's event as Lambda delivers it, and the answer to it.

use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

/// The messages of one invocation.
#[derive(Debug, Deserialize)]
pub(crate) struct QueueEvent<'e> {
    #[serde(rename = "Records", borrow)]
    pub(crate) records: Vec<QueueRecord<'e>>,
}

/// One message, delivered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueRecord<'e> {
    #[serde(borrow)]
    pub(crate) message_id: Cow<'e, str>,
    #[serde(borrow)]
    pub(crate) body: Cow<'e, str>,
    #[serde(default)]
    pub(crate) attributes: Attributes,
}

/// What the queue says about a message.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attributes {
    /// A number, as text.
    #[serde(default, deserialize_with = "number")]
    pub(crate) approximate_receive_count: u32,
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    Ok(Option::<Cow<'de, str>>::deserialize(from)?.and_then(|text| text.parse().ok()).unwrap_or_default())
}

impl QueueRecord<'_> {
    /// How often it was delivered, this time included.
    pub(crate) fn receives(&self) -> u32 {
        self.attributes.approximate_receive_count.max(1)
    }
}

/// Which messages are to be delivered again; the others are done. An empty list says that all are.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchAnswer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchAnswer {
    pub(crate) fn fail(&mut self, message_id: &str) {
        self.batch_item_failures.push(Failure { item_identifier: message_id.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_lambda_is_read_and_answered() {
        let event = r#"{"Records":[{"messageId":"m1","receiptHandle":"h","body":"{\"a\":1}","attributes":{
            "ApproximateReceiveCount":"3","SentTimestamp":"1"},"messageAttributes":{},"md5OfBody":"x",
            "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:1:q","awsRegion":"us-east-1"}]}"#;
        let event: QueueEvent<'_> = serde_json::from_str(event).unwrap();
        let record = &event.records[0];
        assert_eq!((&*record.message_id, &*record.body, record.receives()), ("m1", r#"{"a":1}"#, 3));
        let mut answer = BatchAnswer::default();
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
        answer.fail("m1");
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#
        );
    }
}
