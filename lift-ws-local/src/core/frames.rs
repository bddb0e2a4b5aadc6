//! What the gateway itself says to clients (contract §1.3, §3.4).

use std::fmt::Write as _;

use serde_json::Value;

use super::ids::ConnectionId;

pub(super) const FORBIDDEN: &str = "Forbidden";
pub(super) const INTERNAL_SERVER_ERROR: &str = "Internal server error";

const BAD_REQUEST_BODY: &str = "Bad request body";

/// A gateway frame, which is the body of a refused handshake too.
///
/// The spacing is AWS's own: one space after the first colon and after each comma, none after the other colons.
pub(super) fn gateway_frame(message: &str, connection: &ConnectionId, request_id: &str) -> String {
    frame(message, connection, "requestId", request_id)
}

/// The frame for a message that its request model does not allow: it names the message, not the request.
pub(super) fn bad_request_frame(connection: &ConnectionId, message_id: &str) -> String {
    frame(BAD_REQUEST_BODY, connection, "messageId", message_id)
}

fn frame(message: &str, connection: &ConnectionId, id_name: &str, id: &str) -> String {
    let message = Value::from(message);
    let mut frame = String::with_capacity(128);
    // Ids are base64, which JSON does not escape; writing to a string does not fail.
    let _ = write!(frame, r#"{{"message": {message}, "connectionId":"{connection}", "{id_name}":"{id}"}}"#);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_one_that_was_seen() {
        assert_eq!(
            gateway_frame(FORBIDDEN, &"AbCdEdXyZ_wCQr0=".into(), "AbCdKGgHiJkFabN="),
            r#"{"message": "Forbidden", "connectionId":"AbCdEdXyZ_wCQr0=", "requestId":"AbCdKGgHiJkFabN="}"#
        );
    }

    #[test]
    fn configured_words_cannot_break_the_json() {
        let frame = gateway_frame("a \"quoted\"\nword", &"AbCdEdXyZ_wCQr0=".into(), "AbCdKGgHiJkFabN=");
        let parsed: Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(parsed["message"], "a \"quoted\"\nword");
    }
}
