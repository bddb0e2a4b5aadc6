//! The head of a request as programs usually write it.

use memchr::memchr;

use super::answer::{self, Kind};
use crate::environments::RequestId;
use crate::pages;

/// Headers that change what a request means, or who may send it.
const UNUSUAL: [&[u8]; 6] =
    [b"transfer-encoding", b"expect", b"upgrade", b"trailer", b"origin", b"sec-fetch-site"];

/// What the bytes of a request begin with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    Usual(Usual),
    /// Anything else, correct or not.
    Unusual,
    /// More bytes will tell.
    Incomplete,
}

/// A poll, or an answer in one piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Usual {
    pub(super) head_bytes: usize,
    pub(super) body_bytes: usize,
    /// The event that is answered; `None` asks for the next one.
    pub(super) response_to: Option<RequestId>,
}

impl Usual {
    pub(super) fn read(bytes: &[u8]) -> Head {
        let mut lines = Lines { bytes, at: 0 };
        let mut next = || lines.next();
        let response_to = match next() {
            Some(Some(line)) => response_to(line),
            Some(None) => None,
            None => return Head::Incomplete,
        };
        let Some(response_to) = response_to else { return Head::Unusual };
        let mut headers = Headers::default();
        loop {
            match next() {
                None => return Head::Incomplete,
                Some(Some(b"")) => break,
                Some(line) if line.is_some_and(|line| headers.take(line)) => {}
                Some(_) => return Head::Unusual,
            }
        }
        let head_bytes = lines.at;
        headers
            .body_bytes(response_to)
            .map_or(Head::Unusual, |body_bytes| Head::Usual(Self { head_bytes, body_bytes, response_to }))
    }
}

/// The lines of a head. Every event has two heads, so each byte is looked at a few times only.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// `None` if its end has not come yet, `Some(None)` if it is not printable.
    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        let rest = &self.bytes[self.at..];
        let end = memchr(b'\n', rest)?;
        self.at += end + 1;
        Some(rest[..end].strip_suffix(b"\r").filter(|line| is_printable(line)))
    }
}

/// Whether all is ASCII and none of it steers. Without leaving early, so that many bytes are looked at at a time.
fn is_printable(line: &[u8]) -> bool {
    line.iter().fold(0, |odd, byte| odd | u8::from(!matches!(byte, b' '..=b'~'))) == 0
}

/// What the request line asks for: `Some(None)` is a poll.
fn response_to(line: &[u8]) -> Option<Option<RequestId>> {
    match line.strip_suffix(b" HTTP/1.1")? {
        b"GET /2018-06-01/runtime/invocation/next" => Some(None),
        line => match answer::target(text(line.strip_prefix(b"POST /2018-06-01/runtime/")?)?)? {
            (id, Kind::Response) => RequestId::parse(id).map(Some),
            (_, Kind::Error) => None,
        },
    }
}

/// The headers that matter.
#[derive(Default)]
struct Headers<'a> {
    host: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
    nonce: Option<&'a [u8]>,
    connection: Option<&'a [u8]>,
}

impl<'a> Headers<'a> {
    /// `false` if the request is unusual by this line.
    fn take(&mut self, line: &'a [u8]) -> bool {
        let Some(colon) = memchr(b':', line) else { return false };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        let field = if is(b"host") {
            &mut self.host
        } else if is(b"content-length") {
            &mut self.length
        } else if is(b"lambda-runtime-invocation-id") {
            &mut self.nonce
        } else if is(b"connection") {
            &mut self.connection
        } else {
            return is_plain(name) && !UNUSUAL.iter().any(|unusual| is(unusual));
        };
        field.replace(value.trim_ascii()).is_none()
    }

    /// The length of the body, if all of them are as usual.
    fn body_bytes(&self, response_to: Option<RequestId>) -> Option<usize> {
        let is_nonce_right =
            self.nonce.is_none_or(|nonce| text(nonce).and_then(RequestId::parse) == response_to);
        let is_kept = self.connection.is_none_or(|connection| connection.eq_ignore_ascii_case(b"keep-alive"));
        if !(pages::is_loopback(text(self.host?)?) && is_nonce_right && is_kept) {
            return None;
        }
        match (self.length, response_to) {
            (Some(digits), Some(_)) if digits.iter().all(u8::is_ascii_digit) => text(digits)?.parse().ok(),
            (None | Some(b"0"), None) => Some(0),
            // An answer without a length is one that comes in pieces, or has none.
            _ => None,
        }
    }
}

/// A name without anything that only a few have in it, or none may.
fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// What is printable is ASCII, so all of it is text.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8476a536-e9f4-41e8-a3f2-1c5f3a7c9d10";

    fn response(headers: &str) -> Head {
        Usual::read(
            format!("POST /2018-06-01/runtime/invocation/{ID}/response HTTP/1.1\r\n{headers}\r\n{{}}")
                .as_bytes(),
        )
    }

    fn next(rest: &str) -> Head {
        Usual::read(format!("GET /2018-06-01/runtime/invocation/next{rest}").as_bytes())
    }

    #[test]
    fn polls_and_answers_are_read_as_programs_write_them() {
        let poll = " HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nUser-Agent: x/1\r\n\r\n";
        let head_bytes = "GET /2018-06-01/runtime/invocation/next".len() + poll.len();
        assert_eq!(next(poll), Head::Usual(Usual { head_bytes, body_bytes: 0, response_to: None }));
        let nonce = format!("Lambda-Runtime-Invocation-Id: {ID}\r\nConnection: Keep-Alive\r\n");
        let headers = format!("host: localhost:1\r\n{nonce}content-length:2\r\n");
        let Head::Usual(answer) = response(&headers) else { panic!("{headers}") };
        assert_eq!((answer.body_bytes, answer.response_to), (2, RequestId::parse(ID)));
    }

    #[test]
    fn a_head_is_incomplete_until_its_empty_line() {
        let poll = " HTTP/1.1\r\nhost: localhost\r\n\r\n";
        for end in 0..poll.len() {
            assert_eq!(next(&poll[..end]), Head::Incomplete, "{end}");
        }
    }

    #[test]
    fn whatever_changes_the_meaning_of_a_request_is_unusual() {
        for headers in [
            "",
            "host: localhost\r\n",
            "content-length: 2\r\n",
            "host: evil.example\r\ncontent-length: 2\r\n",
            "host: localhost\r\nhost: localhost\r\ncontent-length: 2\r\n",
            "host: localhost\r\ncontent-length: 2\r\ncontent-length: 2\r\n",
            "host: localhost\r\ncontent-length: +2\r\n",
            "host: localhost\r\ncontent-length: 2, 2\r\n",
            "host: localhost\r\ncontent-length:\r\n",
            "host: localhost\r\ncontent-length: 99999999999999999999\r\n",
            "host: localhost\r\ncontent-length: 2\r\nTransfer-Encoding: chunked\r\n",
            "host: localhost\r\ncontent-length: 2\r\nExpect: 100-continue\r\n",
            "host: localhost\r\ncontent-length: 2\r\nconnection: close\r\n",
            "host: localhost\r\ncontent-length: 2\r\norigin: http://localhost\r\n",
            "host: localhost\r\ncontent-length: 2\r\nSec-Fetch-Site: cross-site\r\n",
            "host: localhost\r\ncontent-length: 2\r\nlambda-runtime-invocation-id: 1\r\n",
            "host: localhost\r\ncontent-length: 2\r\nlambda-runtime-invocation-id: 00000000-0000-4000-8000-000000000000\r\n",
            "host: localhost\r\ncontent-length: 2\r\nconnection: keep-alive, x\r\n",
            "host: localhost\r\ncontent-length: 2\r\nx: a\r\n folded\r\n",
            "host: localhost\r\ncontent-length: 2\r\nno colon\r\n",
            "host: localhost\r\ncontent-length : 2\r\n",
            "host: localhost\r\ncontent-length: 2\r\nx: a\nb\r\n",
        ] {
            assert_eq!(response(headers), Head::Unusual, "{headers:?}");
        }
        let rest = "host: localhost\r\ncontent-length: 1\r\n\r\n";
        for line in [" HTTP/1.0\r\n", "?a HTTP/1.1\r\n", "/ HTTP/1.1\r\n", " HTTP/1.1\r\n"] {
            assert_eq!(next(&format!("{line}{rest}")), Head::Unusual, "{line:?}");
        }
    }
}
