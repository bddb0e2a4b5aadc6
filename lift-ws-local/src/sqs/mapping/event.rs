//! The bytes of a batch, as Lambda gives them to a function.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use crate::sqs::core::{Place, Received};

/// An event with these messages.
pub(super) fn of(messages: &[Received], queue: &str, place: &Place) -> Bytes {
    let arn = place.queue_arn(queue);
    let records = messages.iter().map(|received| record(received, &arn, &place.region)).collect();
    // Strings and maps with string keys: nothing here can fail to become JSON.
    serde_json::to_vec(&Event { records }).expect("an event is plain data").into()
}

fn record<'a>(received: &'a Received, arn: &'a str, region: &'a str) -> Record<'a> {
    let Received { message, receipt_handle } = received;
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
