//! The bytes of a batch, as Lambda gives them to a function.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use crate::sqs::core::{HANDLE_BYTES, Message, Place, Received};

/// What an event has besides its records.
pub(super) const ENVELOPE_BYTES: usize = r#"{"Records":[]}"#.len();
/// The comma before the next record, and how much longer the counter of its receives can get.
const GROWTH: usize = 1 + 10;

/// An event with these messages.
pub(super) fn of(messages: &[Received], queue: &str, place: &Place) -> Bytes {
    let arn = place.queue_arn(queue);
    let records = messages
        .iter()
        .map(|Received { message, receipt_handle }| record(message, receipt_handle, &arn, &place.region));
    json(&Event { records: records.collect() }).into()
}

/// How many bytes a message takes in an event once it is received, at most.
pub(super) fn record_bytes(message: &Message, arn: &str, region: &str) -> usize {
    json(&record(message, "", arn, region)).len() + HANDLE_BYTES + GROWTH
}

/// Strings and maps with string keys: nothing here can fail to become JSON.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("an event is plain data")
}

fn record<'a>(message: &'a Message, receipt_handle: &'a str, arn: &'a str, region: &'a str) -> Record<'a> {
    let attributes = message.attributes.iter().map(|(name, attribute)| {
        let attribute = Attribute {
            string_value: attribute.string_value.as_deref(),
            binary_value: attribute.binary_value.as_deref(),
            string_list_values: [],
            binary_list_values: [],
            data_type: &attribute.data_type,
        };
        (name, attribute)
    });
    Record {
        message_id: &message.id,
        receipt_handle,
        body: &message.body,
        attributes: message.system_attributes().into_iter().collect(),
        message_attributes: attributes.collect(),
        md5_of_message_attributes: message.attributes.md5(),
        md5_of_body: &message.md5_of_body,
        event_source: "aws:sqs",
        event_source_arn: arn,
        aws_region: region,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    message_id: &'a str,
    receipt_handle: &'a str,
    body: &'a str,
    attributes: BTreeMap<&'static str, String>,
    message_attributes: BTreeMap<&'a str, Attribute<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<String>,
    md5_of_body: &'a str,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
    aws_region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attribute<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<&'a str>,
    string_list_values: [&'a str; 0],
    binary_list_values: [&'a str; 0],
    data_type: &'a str,
}
