//! What receivers get, in the form of the JSON protocol.

use serde_json::{Map, Value, json};

use super::message::Received;
use super::message_attributes::MessageAttributes;

/// Which attributes a receiver wants; without wishes it gets none.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) system_attributes: Vec<String>,
    pub(super) message_attributes: Vec<String>,
}

impl Selection {
    pub(super) fn answer(&self, received: &[Received]) -> Value {
        if received.is_empty() {
            return json!({});
        }
        json!({ "Messages": received.iter().map(|received| self.message(received)).collect::<Vec<_>>() })
    }

    fn message(&self, Received { message, receipt_handle }: &Received) -> Value {
        let mut answer = json!({
            "MessageId": message.id,
            "ReceiptHandle": receipt_handle,
            "MD5OfBody": message.md5_of_body,
            "Body": &*message.body,
        });
        let is_wanted =
            |name: &str| self.system_attributes.iter().any(|wanted| wanted == "All" || wanted == name);
        let system: Map<String, Value> = message
            .system_attributes()
            .into_iter()
            .filter(|(name, _)| is_wanted(name))
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        if !system.is_empty() {
            answer["Attributes"] = system.into();
        }
        let attributes = message.attributes.select(&self.message_attributes);
        if let Some(md5) = attributes.md5() {
            // The MD5 is of what is sent, which is what the receiver can check.
            answer["MD5OfMessageAttributes"] = md5.into();
            answer["MessageAttributes"] = to_json(&attributes);
        }
        answer
    }
}

fn to_json(attributes: &MessageAttributes) -> Value {
    serde_json::to_value(attributes).unwrap_or_default()
}
