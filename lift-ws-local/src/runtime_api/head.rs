//! The head of a request as programs usually write it.

use super::answer::{self, Kind};
use crate::environments::RequestId;
use crate::pages;

/// Headers that change what a request means, or who may send it.
const UNUSUAL: [&str; 6] = ["transfer-encoding", "expect", "upgrade", "trailer", "origin", "sec-fetch-site"];

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
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Head::Incomplete;
        };
        let usual = std::str::from_utf8(&bytes[..end]).ok().and_then(|head| Self::parse(head, end + 4));
        usual.map_or(Head::Unusual, Head::Usual)
    }

    fn parse(head: &str, head_bytes: usize) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let line = lines.next()?.strip_suffix(" HTTP/1.1")?;
        let response_to = match line.strip_prefix("GET /2018-06-01/runtime/invocation/next") {
            Some("") => None,
            Some(_) => return None,
            None => match answer::target(line.strip_prefix("POST /2018-06-01/runtime/")?)? {
                (id, Kind::Response) => Some(RequestId::parse(id)?),
                (_, Kind::Error) => return None,
            },
        };
        let (mut host, mut length, mut nonce, mut connection) = (None, None, None, None);
        for line in lines {
            let (name, value) = line.split_once(':')?;
            if !is_name(name) || value.bytes().any(|byte| byte.is_ascii_control()) {
                return None;
            }
            let once = if name.eq_ignore_ascii_case("host") {
                &mut host
            } else if name.eq_ignore_ascii_case("content-length") {
                &mut length
            } else if name.eq_ignore_ascii_case("lambda-runtime-invocation-id") {
                &mut nonce
            } else if name.eq_ignore_ascii_case("connection") {
                &mut connection
            } else if UNUSUAL.iter().any(|unusual| name.eq_ignore_ascii_case(unusual)) {
                return None;
            } else {
                continue;
            };
            if once.replace(value.trim()).is_some() {
                return None;
            }
        }
        let is_nonce_right = nonce.is_none_or(|nonce| RequestId::parse(nonce) == response_to);
        let is_kept = connection.is_none_or(|connection| connection.eq_ignore_ascii_case("keep-alive"));
        if !(pages::is_loopback(host?) && is_nonce_right && is_kept) {
            return None;
        }
        let body_bytes = match length {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            // An answer without a length is one that comes in pieces, or has none.
            None if response_to.is_some() => return None,
            None => 0,
        };
        (response_to.is_some() || body_bytes == 0).then_some(Self { head_bytes, body_bytes, response_to })
    }
}

/// The characters of a header's name (RFC 9110 §5.6.2).
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
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
