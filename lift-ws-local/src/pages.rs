//! Requests that a web page makes. It reaches the loopback of whoever looks at it, and must not drive what listens
//! there: a page of any site may send requests, and by DNS rebinding its own name becomes the loopback's.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::StatusCode;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use serde_json::json;

use crate::http::{self, Answer};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The most of a header that an answer repeats.
const SHOWN: usize = 100;

/// Who may ask at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The port is on the loopback alone, so nobody honest calls it by another name.
    Loopback,
    /// The port may be open to the network, under any name.
    Any,
}

/// The answer to a request of a web page, or `None` for one of a program.
///
/// Pages of this machine itself may ask: who develops one has it on `localhost`.
pub(crate) fn refusal(headers: &HeaderMap, reach: Reach) -> Option<Answer> {
    let problem = foreign_origin(headers).or_else(|| match reach {
        Reach::Loopback => foreign_host(headers),
        Reach::Any => None,
    })?;
    let message = format!("{problem}: this port is for programs on this machine, web pages may not use it");
    let body = json!({ "__type": "AccessDeniedException", "message": message });
    Some(http::json(StatusCode::FORBIDDEN, body.to_string()))
}

fn foreign_origin(headers: &HeaderMap) -> Option<String> {
    // A page's GET without CORS has no `Origin`; browsers tell by this header where it comes from.
    let site = headers.get(SEC_FETCH_SITE).filter(|site| *site == "cross-site" || *site == "same-site");
    let origin = match headers.get(ORIGIN) {
        Some(origin) if !is_local_origin(origin) => origin,
        Some(_) => return None,
        None => return site.map(|_| "the request comes from a page of another site".to_owned()),
    };
    Some(format!("the request comes from a page of the origin `{}`", shown(origin)))
}

fn foreign_host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST).filter(|host| !host.to_str().is_ok_and(is_loopback))?;
    Some(format!("the request is for the host `{}`, which is not the loopback", shown(host)))
}

fn is_local_origin(origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, host)| is_loopback(host))
}

/// Whether `host` or `host:port` is the loopback, whatever a resolver says.
pub(crate) fn is_loopback(host: &str) -> bool {
    if let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return is_port(port) && address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    is_port(port) && is_loopback_name(&name.to_ascii_lowercase())
}

/// Whether this is all that may follow a host: whatever else does, makes it another's, as in `localhost:80@evil.example`.
fn is_port(rest: &str) -> bool {
    rest.is_empty()
        || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_loopback_name(name: &str) -> bool {
    // Browsers and resolvers send all of `localhost` to the loopback (RFC 6761 §6.3).
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(headers: &[(&'static str, &'static str)], reach: Reach) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        refusal(&headers.collect(), reach).is_some_and(|answer| answer.status() == StatusCode::FORBIDDEN)
    }

    #[test]
    fn programs_on_this_machine_are_let_in_whatever_they_call_it() {
        for host in
            ["127.0.0.1:4000", "127.8.9.1", "localhost:1", "LocalHost", "dynamodb.localhost:8000", "[::1]:9"]
        {
            assert!(!is_refused(&[("host", host)], Reach::Loopback), "{host}");
        }
        assert!(!is_refused(&[], Reach::Loopback));
    }

    #[test]
    fn another_host_is_dns_rebinding_where_only_the_loopback_listens() {
        for host in [
            "evil.example",
            "evil.example:4000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]",
            "localhost:80@evil.example",
            "localhost:evil.example",
            "127.0.0.1:1:evil.example",
            "[::1].evil.example",
            "[::1]:80@evil.example",
            "[::1",
            "[",
            "",
        ] {
            assert!(is_refused(&[("host", host)], Reach::Loopback), "{host}");
            assert!(!is_refused(&[("host", host)], Reach::Any), "{host}");
        }
    }

    #[test]
    fn pages_are_refused_unless_they_are_of_this_machine() {
        for reach in [Reach::Loopback, Reach::Any] {
            for origin in [
                "https://evil.example",
                "http://localhost.evil.example",
                "http://localhost:80@evil.example",
                "http://[::1].evil.example",
                "null",
                "http://10.0.0.1:3000",
            ] {
                assert!(is_refused(&[("host", "127.0.0.1:1"), ("origin", origin)], reach), "{origin}");
            }
            for origin in ["http://localhost:3000", "http://127.0.0.1:3001", "http://[::1]:5"] {
                assert!(!is_refused(&[("host", "127.0.0.1:1"), ("origin", origin)], reach), "{origin}");
            }
        }
    }

    #[test]
    fn a_pages_get_without_an_origin_is_known_by_what_the_browser_says_of_it() {
        let with = |site| is_refused(&[("host", "127.0.0.1:1"), ("sec-fetch-site", site)], Reach::Loopback);
        assert!(with("cross-site") && with("same-site"));
        assert!(
            !with("none") && !with("same-origin"),
            "typed into the address bar, and the gateway's own page"
        );
    }
}
