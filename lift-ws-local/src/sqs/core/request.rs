//! Requests in the JSON protocol: `X-Amz-Target: AmazonSQS.SendMessage` and a body.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{SqsError, SqsErrorKind};
use super::message_attributes::MessageAttributes;

/// What a client wants.
#[derive(Debug)]
pub(crate) enum Request {
    ChangeMessageVisibility(OfQueue<ChangeVisibility>),
    ChangeMessageVisibilityBatch(Batch<ChangeVisibility>),
    CreateQueue(CreateQueue),
    DeleteMessage(OfQueue<DeleteMessage>),
    DeleteMessageBatch(Batch<DeleteMessage>),
    DeleteQueue(OfQueue<Nothing>),
    GetQueueAttributes(OfQueue<GetQueueAttributes>),
    GetQueueUrl(GetQueueUrl),
    ListDeadLetterSourceQueues(OfQueue<Nothing>),
    ListQueues(ListQueues),
    PurgeQueue(OfQueue<Nothing>),
    ReceiveMessage(OfQueue<ReceiveMessage>),
    SendMessage(OfQueue<SendMessage>),
    SendMessageBatch(Batch<SendMessage>),
    SetQueueAttributes(OfQueue<SetQueueAttributes>),
}

/// A request about one queue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfQueue<T> {
    pub(super) queue_url: String,
    #[serde(flatten)]
    pub(super) what: T,
}

/// Up to ten of one kind of request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Batch<T> {
    pub(super) queue_url: String,
    #[serde(default = "Vec::new")]
    pub(super) entries: Vec<Entry<T>>,
}

/// One request of a batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry<T> {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) what: T,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Nothing {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeVisibility {
    #[serde(default)]
    pub(super) receipt_handle: Option<String>,
    #[serde(default)]
    pub(super) visibility_timeout: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateQueue {
    pub(super) queue_name: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteMessage {
    #[serde(default)]
    pub(super) receipt_handle: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueAttributes {
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueUrl {
    pub(super) queue_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQueues {
    #[serde(default)]
    pub(super) queue_name_prefix: String,
    #[serde(default)]
    pub(super) max_results: Option<usize>,
    #[serde(default)]
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceiveMessage {
    #[serde(default)]
    pub(super) max_number_of_messages: Option<i64>,
    #[serde(default)]
    pub(super) visibility_timeout: Option<i64>,
    #[serde(default)]
    pub(super) wait_time_seconds: Option<i64>,
    /// The name that older SDKs have for the next.
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendMessage {
    #[serde(default)]
    pub(super) message_body: Option<String>,
    #[serde(default)]
    pub(super) delay_seconds: Option<i64>,
    #[serde(default)]
    pub(super) message_attributes: MessageAttributes,
    #[serde(default)]
    pub(super) message_system_attributes: MessageAttributes,
    #[serde(default)]
    pub(super) message_group_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetQueueAttributes {
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// If the operation is not served at home, or the body is not what it takes.
    pub(crate) fn parse(operation: &str, body: &[u8]) -> Result<Self, SqsError> {
        Ok(match operation {
            "ChangeMessageVisibility" => Self::ChangeMessageVisibility(read(body)?),
            "ChangeMessageVisibilityBatch" => Self::ChangeMessageVisibilityBatch(read(body)?),
            "CreateQueue" => Self::CreateQueue(read(body)?),
            "DeleteMessage" => Self::DeleteMessage(read(body)?),
            "DeleteMessageBatch" => Self::DeleteMessageBatch(read(body)?),
            "DeleteQueue" => Self::DeleteQueue(read(body)?),
            "GetQueueAttributes" => Self::GetQueueAttributes(read(body)?),
            "GetQueueUrl" => Self::GetQueueUrl(read(body)?),
            "ListDeadLetterSourceQueues" => Self::ListDeadLetterSourceQueues(read(body)?),
            "ListQueues" => Self::ListQueues(read(body)?),
            "PurgeQueue" => Self::PurgeQueue(read(body)?),
            "ReceiveMessage" => Self::ReceiveMessage(read(body)?),
            "SendMessage" => Self::SendMessage(read(body)?),
            "SendMessageBatch" => Self::SendMessageBatch(read(body)?),
            "SetQueueAttributes" => Self::SetQueueAttributes(read(body)?),
            other => {
                let message = format!("The local SQS does not serve the operation {other}.");
                return Err(SqsError::new(SqsErrorKind::InvalidAction, message));
            }
        })
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body)
        .map_err(|error| SqsError::new(SqsErrorKind::InvalidRequest, format!("The body: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_unknown_fields_are_ignored() {
        let body = br#"{"QueueUrl":"http://x/0/q","MessageBody":"hi","DelaySeconds":3,"Later":[1]}"#;
        let Ok(Request::SendMessage(send)) = Request::parse("SendMessage", body) else { panic!("not read") };
        assert_eq!((send.queue_url.as_str(), send.what.delay_seconds), ("http://x/0/q", Some(3)));
        let body = br#"{"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"r"}]}"#;
        let Ok(Request::DeleteMessageBatch(batch)) = Request::parse("DeleteMessageBatch", body) else {
            panic!("not read")
        };
        assert_eq!(batch.entries[0].id, "1");
        assert!(matches!(Request::parse("ListQueues", b"{}"), Ok(Request::ListQueues(_))));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_reason() {
        for (operation, body, expected) in [
            ("StartMessageMoveTask", "{}", "StartMessageMoveTask"),
            ("SendMessage", "", "EOF"),
            ("SendMessage", "{}", "QueueUrl"),
            ("SendMessage", r#"{"QueueUrl":7}"#, "invalid type"),
            ("SendMessage", r#"{"QueueUrl":"q","DelaySeconds":1.5}"#, "1.5"),
        ] {
            let error = Request::parse(operation, body.as_bytes()).unwrap_err();
            assert!(error.message.contains(expected), "{operation} {body}: {error}");
        }
    }
}
