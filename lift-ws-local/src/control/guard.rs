//! Who may look at the gateway and drive it: programs on this machine, and pages that the gateway itself has served.
//!
//! A page on the web reaches the loopback of whoever looks at it. What keeps it out, each by itself:
//!
//! - the connection must come from the loopback, also when the port is opened to the network;
//! - `Host` must name the loopback, which under DNS rebinding it does not;
//! - `Origin` and `Sec-Fetch-Site` must be absent or of this very port, so also pages of other ports are strangers;
//! - whatever changes something needs a header that no form or simple request can carry, and whatever has a body must
//!   call it JSON. A browser asks for leave before it sends these, and nothing here ever gives leave.

use std::net::IpAddr;

use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, Request, StatusCode};

use super::problem;
use crate::http::Answer;
use crate::pages::{self, Reach};

/// The header without which nothing is changed.
pub(super) const CONTROL_HEADER: &str = "x-lift-control";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The answer to who may not ask; `None` for who may.
pub(super) fn refusal<B>(request: &Request<B>, peer: IpAddr) -> Option<Answer> {
    if !peer.to_canonical().is_loopback() {
        return Some(forbidden("only programs on the gateway's own machine may use this, over the loopback"));
    }
    let headers = request.headers();
    if let Some(refusal) = pages::refusal(headers, Reach::Loopback) {
        return Some(refusal);
    }
    // A request target with a host of its own would make `Host` a lie (RFC 9112 §3.2.2).
    if request.uri().authority().is_some() {
        return Some(forbidden("the request target must be a path alone"));
    }
    if !is_same_origin(headers) {
        return Some(forbidden("only pages of this very port may use this"));
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    if headers.get(CONTROL_HEADER).is_none_or(|value| value != "1") {
        return Some(forbidden("a request that changes something needs the header `X-Lift-Control: 1`"));
    }
    if matches!(*request.method(), Method::POST | Method::PUT) && !is_json(headers) {
        let message = "the body must be JSON: send the header `Content-Type: application/json`";
        return Some(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    None
}

/// Whether this comes from a page of this very port, or from no page at all.
fn is_same_origin(headers: &HeaderMap) -> bool {
    // `none` is what somebody has typed into the address bar.
    let site = headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    let mut origins = headers.get_all(ORIGIN).into_iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => headers.get(HOST).is_some_and(|host| {
            let authority = origin.to_str().ok().and_then(|origin| {
                origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
            });
            authority.is_some_and(|authority| authority.as_bytes().eq_ignore_ascii_case(host.as_bytes()))
        }),
        (Some(_), Some(_)) => false,
    };
    site && origin
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn forbidden(message: &str) -> Answer {
    problem(StatusCode::FORBIDDEN, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: &str = "127.0.0.1";

    /// The status of the refusal of a request from the loopback; 0 if it may ask.
    fn refused(method: &str, headers: &[(&str, &str)]) -> u16 {
        refused_from(LOOPBACK, method, headers)
    }

    fn refused_from(peer: &str, method: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri("/_lift/api");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refusal = refusal(&request.body(()).unwrap(), peer.parse().unwrap());
        refusal.map_or(0, |answer| answer.status().as_u16())
    }

    const HOST: (&str, &str) = ("host", "localhost:3000");
    const CONTROL: (&str, &str) = ("x-lift-control", "1");
    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn only_the_loopback_may_ask() {
        for peer in ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(refused_from(peer, "GET", &[HOST]), 0, "{peer}");
        }
        for peer in ["10.0.0.7", "192.168.1.2", "::2", "fe80::1", "::ffff:10.0.0.7", "0.0.0.0"] {
            assert_eq!(refused_from(peer, "GET", &[HOST]), 403, "{peer}");
        }
    }

    #[test]
    fn only_under_a_name_of_the_loopback() {
        for host in ["127.0.0.1:3000", "localhost", "[::1]:3000"] {
            assert_eq!(refused("GET", &[("host", host)]), 0, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:3000", "10.0.0.7:3000", "localhost@evil.example"]
        {
            assert_eq!(refused("GET", &[("host", host)]), 403, "{host}");
        }
        let request =
            Request::get("http://evil.example/_lift/api").header("host", "localhost").body(()).unwrap();
        assert!(refusal(&request, LOOPBACK.parse().unwrap()).is_some());
    }

    #[test]
    fn only_pages_of_this_very_port_may_ask() {
        for origin in ["http://localhost:3000", "https://localhost:3000", "http://LocalHost:3000"] {
            assert_eq!(refused("GET", &[HOST, ("origin", origin)]), 0, "{origin}");
        }
        for origin in [
            "http://localhost:3001",
            "http://localhost",
            "http://127.0.0.1:3000",
            "https://evil.example",
            "http://localhost:3000.evil.example",
            "null",
            "",
        ] {
            assert_eq!(refused("GET", &[HOST, ("origin", origin)]), 403, "{origin}");
        }
        let two = [HOST, ("origin", "http://localhost:3000"), ("origin", "http://localhost:3000")];
        assert_eq!(refused("GET", &two), 403);
        for (site, status) in
            [("same-origin", 0), ("none", 0), ("same-site", 403), ("cross-site", 403), ("x", 403)]
        {
            assert_eq!(refused("GET", &[HOST, ("sec-fetch-site", site)]), status, "{site}");
        }
        let lying = [HOST, ("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")];
        assert_eq!(refused("GET", &lying), 403);
    }

    #[test]
    fn what_changes_something_needs_the_header_and_json() {
        assert_eq!(refused("POST", &[HOST, CONTROL, JSON]), 0);
        assert_eq!(refused("POST", &[HOST, CONTROL, ("content-type", "Application/JSON; charset=utf-8")]), 0);
        assert_eq!(refused("DELETE", &[HOST, CONTROL]), 0);
        for method in ["POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"] {
            assert_eq!(refused(method, &[HOST, JSON]), 403, "{method}");
            assert_eq!(refused(method, &[HOST, JSON, ("x-lift-control", "0")]), 403, "{method}");
        }
        // What a form or a simple request can send.
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", ""]
        {
            assert_eq!(
                refused("POST", &[HOST, CONTROL, ("content-type", content_type)]),
                415,
                "{content_type}"
            );
        }
        assert_eq!(refused("POST", &[HOST, CONTROL]), 415);
    }
}
