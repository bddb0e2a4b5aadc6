//! What stands in an event, read in one borrowed pass: entries keep its bytes and nothing else.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Peek<'e> {
    /// `REQUEST`, if an authorizer is asked.
    #[serde(borrow)]
    pub(super) r#type: Cow<'e, str>,
    #[serde(borrow)]
    pub(super) body: Cow<'e, str>,
    #[serde(borrow)]
    pub(super) request_context: Context<'e>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Context<'e> {
    #[serde(borrow)]
    pub(super) event_type: Cow<'e, str>,
    #[serde(borrow)]
    pub(super) request_id: Cow<'e, str>,
}

/// What is not there is empty; a batch of queue messages has none of it.
pub(super) fn peek(event: &[u8]) -> Peek<'_> {
    serde_json::from_slice(event).unwrap_or_default()
}

/// The id by which the gateway and the logs of an app know an event.
pub(super) fn request_id(event: &[u8]) -> Option<Cow<'_, str>> {
    let id = peek(event).request_context.request_id;
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_borrowed_from_and_anything_else_is_empty() {
        let event = br#"{"requestContext":{"eventType":"MESSAGE","requestId":"R="},"body":"hi"}"#;
        assert!(matches!(&peek(event).body, Cow::Borrowed("hi")));
        assert_eq!(request_id(event).as_deref(), Some("R="));
        for other in [&br#"{"Records":[]}"#[..], b"", b"[]", b"\xff"] {
            assert_eq!(request_id(other), None);
        }
    }
}
