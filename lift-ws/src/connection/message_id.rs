//! The id by which a receiver knows a message that comes twice.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::{SendError, SendErrorKind};

/// Where the id stands in a message.
pub(super) const FIELD: &str = "messageId";

/// Puts the id first into a JSON object. One that has such a field keeps it: the sender knows better.
pub(super) fn add(message: Bytes, id: Option<&str>) -> Result<Bytes, SendError> {
    let Some(id) = id else { return Ok(message) };
    let refusal = || {
        let why = "a message that is sent at least once carries a `messageId`, so it has to be a JSON object";
        SendError::new(SendErrorKind::Json).because(why)
    };
    let rest = message.strip_prefix(b"{").ok_or_else(refusal)?;
    match serde_json::from_slice(&message).map_err(|_| refusal())? {
        Has { message_id: None } => {}
        Has { message_id: Some(Some(_)) } => return Ok(message),
        Has { message_id: Some(None) } => {
            let why = "its `messageId` is null: give it a value, or leave it out (`skip_serializing_if`)";
            return Err(SendError::new(SendErrorKind::Json).because(why));
        }
    }
    let id = serde_json::to_string(id).map_err(|_| refusal())?;
    let comma = if rest.trim_ascii_start().first() == Some(&b'}') { "" } else { "," };
    let mut with_id = Vec::with_capacity(message.len() + FIELD.len() + id.len() + 4);
    with_id.extend_from_slice(format!("{{\"{FIELD}\":{id}{comma}").as_bytes());
    with_id.extend_from_slice(rest);
    Ok(with_id.into())
}

#[derive(Deserialize)]
struct Has {
    #[serde(rename = "messageId", default, deserialize_with = "there")]
    message_id: Option<Option<IgnoredAny>>,
}

/// A field that is null is there, and has no value.
fn there<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<IgnoredAny>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(message: &'static str, id: &str) -> String {
        let bytes = add(Bytes::from_static(message.as_bytes()), Some(id)).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_id_stands_first_and_the_rest_stays_as_it_was() {
        assert_eq!(with(r#"{"a":{"messageId":1}}"#, "x\"1"), r#"{"messageId":"x\"1","a":{"messageId":1}}"#);
        assert_eq!(with("{}", "x1"), r#"{"messageId":"x1"}"#);
        assert_eq!(with("{ \n}", "x1"), "{\"messageId\":\"x1\" \n}");
    }

    #[test]
    fn an_id_of_the_senders_own_is_kept() {
        assert_eq!(with(r#"{"messageId":7}"#, "x1"), r#"{"messageId":7}"#);
    }

    #[test]
    fn an_id_that_is_null_is_refused_since_the_last_of_two_fields_would_win() {
        let message = Bytes::from_static(br#"{"messageId":null,"a":1}"#);
        let error = add(message, Some("x1")).unwrap_err();
        assert_eq!(error.kind(), SendErrorKind::Json);
    }

    #[test]
    fn what_is_no_object_cannot_carry_an_id() {
        for message in ["\"text\"", "[1]", "7", "null"] {
            let error = add(Bytes::from_static(message.as_bytes()), Some("x")).unwrap_err();
            assert_eq!(error.kind(), SendErrorKind::Json, "{message}");
        }
    }
}
