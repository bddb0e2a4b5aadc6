//! The limit: one pass written by hand for just this event and this reply.
//!
//! No framework, no event type: the bytes are walked once, the six fields that the function looks at are kept, every
//! other value is walked over, the body is unescaped into a buffer that is used again and read by `serde_json`, and the
//! answer is written into the caller's buffer. It checks what it walks, as code that stands before a public gateway has to.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Deserialize)]
struct Say<'m> {
    #[serde(borrow, default)]
    id: Option<Cow<'m, str>>,
    #[serde(borrow)]
    room: Cow<'m, str>,
    #[serde(borrow)]
    text: Cow<'m, str>,
}

#[derive(Serialize)]
struct Said<'m> {
    r#type: &'static str,
    room: &'m str,
    text: &'m str,
}

#[derive(Serialize)]
struct Identified<'m> {
    r#type: &'static str,
    id: &'m str,
    data: Said<'m>,
}

#[derive(Serialize)]
struct Answer<'m> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'m str>,
}

/// Buffers that are used again from event to event.
#[derive(Debug, Default)]
pub struct Limit {
    body: String,
    frame: Vec<u8>,
}

impl Limit {
    /// Answers one event; `None` if it is malformed.
    pub fn respond(&mut self, event: &[u8], answer: &mut Vec<u8>) -> Option<()> {
        let Self { body, frame } = self;
        body.clear();
        frame.clear();
        answer.clear();
        let event = Fields::read(str::from_utf8(event).ok()?, body)?;
        let answered = match (event.event_type, event.route_key) {
            ("MESSAGE", "sendMessage") if !event.base64 && !event.connection_id.is_empty() => {
                let say: Say<'_> = serde_json::from_str(event.body.unwrap_or(body)).ok()?;
                let said = Said { r#type: "said", room: &say.room, text: &say.text };
                match &say.id {
                    None => serde_json::to_writer(&mut *frame, &said).ok()?,
                    Some(id) => {
                        let identified = Identified { r#type: "reply", id, data: said };
                        serde_json::to_writer(&mut *frame, &identified).ok()?;
                    }
                }
                Answer { status_code: 200, body: str::from_utf8(frame).ok() }
            }
            ("CONNECT" | "DISCONNECT", _) => Answer { status_code: 200, body: None },
            _ => Answer { status_code: 404, body: None },
        };
        serde_json::to_writer(answer, &answered).ok()
    }
}

#[derive(Default)]
struct Fields<'e> {
    event_type: &'e str,
    route_key: &'e str,
    connection_id: &'e str,
    request_id: &'e str,
    /// `None` when it had escapes and lies in the buffer.
    body: Option<&'e str>,
    base64: bool,
}

impl<'e> Fields<'e> {
    fn read(event: &'e str, body: &mut String) -> Option<Self> {
        let mut fields = Self::default();
        let mut cursor = Cursor { text: event, at: 0 };
        cursor.object(|cursor, name| match name {
            "requestContext" => cursor.object(|cursor, name| {
                match name {
                    "eventType" => fields.event_type = cursor.plain_text()?,
                    "routeKey" => fields.route_key = cursor.plain_text()?,
                    "connectionId" => fields.connection_id = cursor.plain_text()?,
                    "requestId" => fields.request_id = cursor.plain_text()?,
                    _ => cursor.skip(64)?,
                }
                Some(())
            }),
            "body" => {
                fields.body = cursor.text_into(body)?;
                Some(())
            }
            "isBase64Encoded" => {
                fields.base64 = cursor.value_starts_with("true");
                cursor.skip(1)
            }
            _ => cursor.skip(64),
        })?;
        Some(fields)
    }
}

struct Cursor<'e> {
    text: &'e str,
    at: usize,
}

impl<'e> Cursor<'e> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.byte()?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.space();
        (self.byte()? == byte).then(|| self.at += 1)
    }

    fn value_starts_with(&mut self, word: &str) -> bool {
        self.space();
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes())
    }

    fn object(&mut self, mut field: impl FnMut(&mut Self, &'e str) -> Option<()>) -> Option<()> {
        self.eat(b'{')?;
        self.space();
        if self.byte()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let name = self.plain_text()?;
            self.eat(b':')?;
            field(self, name)?;
            self.space();
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// To the next quote or backslash, eight bytes a step.
    fn stop(&mut self) -> Option<u8> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOPS: u64 = 0x8080_8080_8080_8080;
        let bytes = self.text.as_bytes();
        while let Some(chunk) = bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*chunk);
            let (quote, slash) = (word ^ (ONES * b'"' as u64), word ^ (ONES * b'\\' as u64));
            let control = word.wrapping_sub(ONES * 0x20) & !word;
            let found =
                ((quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash) | control) & TOPS;
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                break;
            }
            self.at += 8;
        }
        loop {
            match self.byte()? {
                stop @ (b'"' | b'\\') => return Some(stop),
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    /// A text without escapes, as all names and ids are.
    fn plain_text(&mut self) -> Option<&'e str> {
        self.eat(b'"')?;
        let start = self.at;
        (self.stop()? == b'"').then(|| {
            self.at += 1;
            &self.text[start..self.at - 1]
        })
    }

    /// A text: borrowed, or unescaped into `buffer`.
    fn text_into(&mut self, buffer: &mut String) -> Option<Option<&'e str>> {
        self.eat(b'"')?;
        let mut start = self.at;
        if self.stop()? == b'"' {
            self.at += 1;
            return Some(Some(&self.text[start..self.at - 1]));
        }
        loop {
            buffer.push_str(&self.text[start..self.at]);
            if self.next()? == b'"' {
                return Some(None);
            }
            let kind = self.next()?;
            buffer.push(match kind {
                b'"' | b'\\' | b'/' => kind as char,
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => self.unicode()?,
                _ => return None,
            });
            start = self.at;
            self.stop()?;
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.at += 2;
        let second =
            self.text.get(self.at - 2..self.at).filter(|pair| *pair == "\\u").and_then(|_| self.hex())?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second.checked_sub(0xDC00)?)
    }

    fn hex(&mut self) -> Option<u32> {
        self.at += 4;
        u32::from_str_radix(self.text.get(self.at - 4..self.at)?, 16).ok()
    }

    /// Over any value.
    fn skip(&mut self, depth: u8) -> Option<()> {
        self.space();
        match self.byte()? {
            b'"' => {
                self.at += 1;
                while self.stop()? == b'\\' {
                    self.at += 2;
                }
                self.at += 1;
                Some(())
            }
            b'{' if depth > 0 => self.object(|cursor, _| cursor.skip(depth - 1)),
            b'[' if depth > 0 => self.skip_array(depth),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                while matches!(self.byte()?, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E') {
                    self.at += 1;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn skip_array(&mut self, depth: u8) -> Option<()> {
        self.at += 1;
        self.space();
        if self.byte()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.skip(depth - 1)?;
            self.space();
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(event: &str) -> Option<String> {
        let mut answer = Vec::new();
        Limit::default().respond(event.as_bytes(), &mut answer)?;
        String::from_utf8(answer).ok()
    }

    #[test]
    fn escapes_in_the_body_are_read() {
        let event = r#"{"requestContext":{"eventType":"MESSAGE","routeKey":"sendMessage","connectionId":"c","x":[1,{"y":null}]},
            "body":"{\"room\":\"bl\u00fce\",\"text\":\"\ud83d\udc4b \\\"hi\\\"\"}","isBase64Encoded":false}"#;
        assert_eq!(
            answer(event).unwrap(),
            r#"{"statusCode":200,"body":"{\"type\":\"said\",\"room\":\"blüe\",\"text\":\"👋 \\\"hi\\\"\"}"}"#
        );
    }

    #[test]
    fn a_cut_event_is_refused() {
        let event = include_str!("message.json").trim_end();
        assert!(answer(event).is_some());
        for end in 0..event.len() {
            assert_eq!(answer(&event[..end]), None, "{end}");
        }
    }
}
