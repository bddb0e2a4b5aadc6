//! From a reply to what Lambda returns, and to what the client reads.
//!
//! The wire envelope: a reply is `T` as it stands, or `{"type":"reply","id":…,"data":T}` if the message had a
//! top-level `id`; an error is `{"type":"error","code":…,"message":…,"requestId":…,"id":…}`, with `retryAfterMs` where the
//! error says when to try again.

use super::{Body, Milliseconds, Reply};
use crate::buffer::Buffer;
use crate::connection::MAX_MESSAGE_BYTES;
use crate::event::{Event, Reader};
use crate::json_text::write_quoted;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, Serializer};
use serde_json::value::RawValue;

/// The longest `id` of a client that is echoed, in bytes.
const MAX_ID_BYTES: usize = 128;

/// The `id` by which a client knows its answer: the JSON of a text or an integer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Correlation<'e>(Option<&'e str>);

impl<'e> Correlation<'e> {
    /// The top-level `id` of a message; nothing if there is none, or one that is not echoed.
    pub(crate) fn of(event: &Event<'e>) -> Self {
        let body = event.body();
        // most messages have none, and looking for the name is cheaper than reading the whole
        if !body.contains("\"id\"") {
            return Correlation(None);
        }
        let (mut id, mut unused) = (None, String::new());
        // a message that is no JSON object has no id; of several the last counts, as for serde
        let _ = Reader::new(body, &mut unused).object(|r, name| {
            let span = r.raw()?;
            if name == "id" {
                id = Some(span.of(body, ""));
            }
            Ok(())
        });
        Correlation(id.filter(|id| is_echoed(id)))
    }

    /// The id as it is written.
    pub(crate) const fn text(self) -> Option<&'e str> {
        self.0
    }

    fn raw(self) -> Option<&'e RawValue> {
        self.0.and_then(|id| serde_json::from_str(id).ok())
    }
}

fn is_echoed(id: &str) -> bool {
    match id.strip_prefix('"') {
        Some(text) => text.len() <= MAX_ID_BYTES + 1,
        None => serde_json::from_str::<i64>(id).is_ok() || serde_json::from_str::<u64>(id).is_ok(),
    }
}

/// What Lambda returns: `{"statusCode":…,"headers":…,"body":…}` (contract §3.1).
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) subprotocol: Option<String>,
    pub(crate) body: Option<Buffer>,
}

impl Answer {
    pub(crate) const fn status(status: u16) -> Self {
        Answer { status, subprotocol: None, body: None }
    }

    /// Writes what [`Serialize`] says. Most answers are a status and a frame, whose many quotes are written
    /// faster by hand.
    pub(crate) fn write(&self, to: &mut Vec<u8>) -> serde_json::Result<()> {
        if self.subprotocol.is_some() {
            return serde_json::to_writer(to, self);
        }
        to.extend_from_slice(br#"{"statusCode":"#);
        serde_json::to_writer(&mut *to, &self.status)?;
        if let Some(body) = &self.body {
            to.extend_from_slice(br#","body":"#);
            write_quoted(&body.0, to);
        }
        to.push(b'}');
        Ok(())
    }
}

impl Serialize for Answer {
    fn serialize<Z: Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        let fields = 1 + usize::from(self.subprotocol.is_some()) + usize::from(self.body.is_some());
        let mut answer = to.serialize_struct("Answer", fields)?;
        answer.serialize_field("statusCode", &self.status)?;
        if let Some(name) = &self.subprotocol {
            answer.serialize_field("headers", &SubprotocolHeader(name))?;
        }
        if let Some(body) = &self.body {
            answer.serialize_field("body", &body.0)?;
        }
        answer.end()
    }
}

struct SubprotocolHeader<'a>(&'a str);

impl Serialize for SubprotocolHeader<'_> {
    fn serialize<Z: Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        let mut headers = to.serialize_map(Some(1))?;
        headers.serialize_entry("Sec-WebSocket-Protocol", self.0)?;
        headers.end()
    }
}

impl Reply {
    /// The frame that the client reads; `None` if the reply has no body.
    pub(crate) fn into_frame(self, event: &Event<'_>, correlation: Correlation<'_>) -> Option<Buffer> {
        let frame = match self.body {
            Body::Empty => return None,
            Body::Error { code, message, retry_after } => {
                return Some(error_frame(&code, &message, retry_after, event, correlation));
            }
            Body::Json(data) => match correlation.0 {
                None => data,
                Some(id) => enveloped(id, &data.0),
            },
            Body::Text(text) => match (correlation.0, Buffer::json(&text.0)) {
                (Some(id), Ok(data)) => enveloped(id, &data.0),
                _ => text,
            },
        };
        if frame.0.len() > MAX_MESSAGE_BYTES {
            let bytes = frame.0.len();
            tracing::error!(
                bytes,
                most = MAX_MESSAGE_BYTES,
                route = event.route_key(),
                "the reply is larger than API Gateway takes; send it in parts"
            );
            return Some(error_frame(
                "reply_too_large",
                "the reply is too large to be sent",
                None,
                event,
                correlation,
            ));
        }
        Some(frame)
    }
}

fn enveloped(id: &str, data: &str) -> Buffer {
    let mut frame = Buffer::take();
    for part in [r#"{"type":"reply","id":"#, id, r#","data":"#, data, "}"] {
        frame.0.push_str(part);
    }
    frame
}

/// The error frame of the wire envelope.
pub(crate) fn error_frame(
    code: &str,
    message: &str,
    retry_after: Option<Milliseconds>,
    event: &Event<'_>,
    correlation: Correlation<'_>,
) -> Buffer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Frame<'f> {
        r#type: &'static str,
        code: &'f str,
        message: &'f str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<Milliseconds>,
        request_id: &'f str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'f RawValue>,
    }
    let frame = Frame {
        r#type: "error",
        code,
        message,
        retry_after_ms: retry_after,
        request_id: event.request_id(),
        id: correlation.raw(),
    };
    Buffer::json(&frame).unwrap_or_default() // texts alone: nothing that could fail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Envelope;
    use std::time::Duration;

    fn frame(body: &str, reply: Reply) -> Option<String> {
        let body = serde_json::to_string(body).unwrap();
        let bytes = format!(
            r#"{{"requestContext":{{"eventType":"MESSAGE","routeKey":"r","connectionId":"c","requestId":"q"}},"body":{body}}}"#
        );
        let mut scratch = String::new();
        let Ok(Envelope::WebSocket(event)) = Envelope::parse(bytes.as_bytes(), &mut scratch) else {
            panic!()
        };
        reply.into_frame(&event, Correlation::of(&event)).map(|buffer| buffer.0.clone())
    }

    #[test]
    fn an_answer_is_written_as_it_is_serialised() {
        let body = || Some(Buffer::text("{\"a\":\"\\n\"}\n"));
        for answer in [
            Answer::status(200),
            Answer { status: 200, body: body(), subprotocol: None },
            Answer { status: 200, body: None, subprotocol: Some("chat.v1".to_owned()) },
            Answer { status: 503, body: body(), subprotocol: Some("\"".to_owned()) },
        ] {
            let mut written = Vec::new();
            answer.write(&mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&answer).unwrap());
        }
    }

    #[test]
    fn a_reply_without_id_is_the_value_as_it_stands() {
        assert_eq!(frame(r#"{"action":"r"}"#, Reply::json(&[1])).unwrap(), "[1]");
        assert_eq!(frame("no json", Reply::text("hi")).unwrap(), "hi");
        assert_eq!(frame("{}", Reply::ok()), None);
    }

    #[test]
    fn a_reply_with_id_is_enveloped() {
        assert_eq!(frame(r#"{"id":7}"#, Reply::json(&[1])).unwrap(), r#"{"type":"reply","id":7,"data":[1]}"#);
        assert_eq!(
            frame(r#"{"id":"a\"b"}"#, Reply::text("hi")).unwrap(),
            r#"{"type":"reply","id":"a\"b","data":"hi"}"#
        );
    }

    #[test]
    fn only_short_texts_and_integers_are_echoed() {
        let long = "x".repeat(129);
        for id in [
            "1.5",
            "1e3",
            "null",
            "true",
            "{}",
            "[1]",
            "123456789012345678901",
            "-",
            "007",
            &format!("\"{long}\""),
        ] {
            assert_eq!(frame(&format!(r#"{{"id":{id}}}"#), Reply::json(&1)).unwrap(), "1", "{id}");
        }
        let longest = "x".repeat(128);
        assert!(frame(&format!(r#"{{"id":"{longest}"}}"#), Reply::json(&1)).unwrap().contains(&longest));
        assert!(frame(r#"{"id":-5}"#, Reply::json(&1)).unwrap().contains(r#""id":-5"#));
    }

    #[test]
    fn an_error_carries_code_message_request_id_and_id() {
        assert_eq!(
            frame(r#"{"id":"k"}"#, Reply::error("too_long", "at most 3")).unwrap(),
            r#"{"type":"error","code":"too_long","message":"at most 3","requestId":"q","id":"k"}"#
        );
        let later = Reply::error("busy", "later").retry_after(Duration::from_micros(1_500));
        assert_eq!(
            frame("{}", later).unwrap(),
            r#"{"type":"error","code":"busy","message":"later","retryAfterMs":2,"requestId":"q"}"#
        );
    }

    #[test]
    fn a_reply_above_the_quota_is_an_error_for_the_client() {
        let text = "x".repeat(MAX_MESSAGE_BYTES + 1);
        assert!(frame("{}", Reply::text(&text)).unwrap().contains("reply_too_large"));
        assert_eq!(frame("{}", Reply::text(&text[1..])).unwrap().len(), MAX_MESSAGE_BYTES);
    }
}
