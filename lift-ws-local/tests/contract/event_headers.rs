//! Contract §2.1: what of the handshake's headers, query and address is in events.

use lift_ws_local::core::HandshakeRequest;
use serde_json::json;

use crate::events::usual_events;
use crate::support::{START, World, browser, keys};

// §2.1: "`headers`, `multiValueHeaders` | yes: client's upgrade headers plus `X-Amzn-Trace-Id`,
// `X-Forwarded-For/-Port/-Proto` | absent | yes but a stub"
#[test]
fn connect_has_headers_message_none_and_disconnect_a_stub() {
    let [connect, message, disconnect] = usual_events("/prod");
    for name in
        ["Sec-WebSocket-Key", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"]
    {
        assert!(connect["headers"][name].is_string(), "{name}");
        assert_eq!(connect["multiValueHeaders"][name], json!([connect["headers"][name]]), "{name}");
    }
    assert_eq!(connect["headers"]["X-Forwarded-For"], "192.0.2.10");
    assert!(message.get("headers").is_none() && message.get("multiValueHeaders").is_none());
    assert_eq!(
        disconnect["headers"],
        json!({ "Host": "127.0.0.1:9000", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" })
    );
    assert_eq!(
        disconnect["multiValueHeaders"],
        json!({ "Host": ["127.0.0.1:9000"], "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""] })
    );
}

// §2.1: "only when the URL has a query; otherwise the keys are absent | absent | absent … single map holds the
// last value"
#[test]
fn the_query_is_in_connect_alone_and_only_if_there_is_one() {
    let [connect, message, disconnect] = usual_events("/prod?room=red&room=blue&name=J%C3%B6rg+K&flag");
    assert_eq!(connect["queryStringParameters"], json!({ "room": "blue", "name": "Jörg K", "flag": "" }));
    assert_eq!(
        connect["multiValueQueryStringParameters"],
        json!({ "room": ["red", "blue"], "name": ["Jörg K"], "flag": [""] })
    );
    let [bare, ..] = usual_events("/prod");
    let [empty, ..] = usual_events("/prod?");
    for event in [message, disconnect, bare, empty] {
        assert!(event.get("queryStringParameters").is_none());
        assert!(event.get("multiValueQueryStringParameters").is_none());
    }
}

// §2.1: "With a custom domain, `domainName` is that domain and `stage` is still the real stage name"
#[test]
fn the_domain_name_is_the_one_that_is_set() {
    let routes = json!({ "routes": [{ "routeKey": "$connect" }] });
    let mut world = World::with_api(routes, |api| api.domain_name = "ws.example.org".into());
    world.handshake(HandshakeRequest::get("/prod"));
    let event = world.event();
    assert_eq!(event["requestContext"]["domainName"], "ws.example.org");
    assert_eq!(event["requestContext"]["stage"], "prod");
    // A client without a Host header (HTTP/1.0) gets one, and without a port the scheme's counts.
    assert_eq!(event["headers"]["Host"], "ws.example.org");
    assert_eq!(event["headers"]["X-Forwarded-Port"], "80");
}

// §2.1: "Behind CloudFront `identity.userAgent` is `Amazon CloudFront` and `sourceIp` is CloudFront's": identity
// is the last hop; what that claims of its own client is in `X-Forwarded-For`.
#[test]
fn a_proxy_is_the_identity_and_its_client_is_in_the_headers() {
    let mut world = World::usual();
    let mut request = browser("/prod");
    request.headers.retain(|(name, _)| name != "User-Agent");
    request.headers.push(("User-Agent".into(), "Amazon CloudFront".into()));
    request.headers.push(("X-Forwarded-For".into(), "198.51.100.7".into()));
    request.headers.push(("X-Forwarded-Proto".into(), "gopher".into()));
    world.handshake(request);
    let event = world.event();
    let identity = json!({ "userAgent": "Amazon CloudFront", "sourceIp": "192.0.2.10" });
    assert_eq!(event["requestContext"]["identity"], identity);
    assert_eq!(event["headers"]["X-Forwarded-For"], "198.51.100.7, 192.0.2.10");
    // What a client says of the port and the protocol is not believed.
    assert_eq!(event["multiValueHeaders"]["X-Forwarded-Proto"], json!(["http"]));
}

// §2.1: "Header names in CONNECT keep the case that the client sent … the gateway's own are mixed case.
// CONNECT's `Host` has the port"
#[test]
fn header_names_keep_their_case_and_are_one_whatever_the_case() {
    let mut world = World::usual();
    let mut request = HandshakeRequest::get("/prod");
    for (name, value) in
        [("hOST", "127.0.0.1:9000"), ("x-tag", "first"), ("X-TAG", "second"), ("cookie", "a=b")]
    {
        request.headers.push((name.into(), value.into()));
    }
    world.handshake(request);
    let event = world.event();
    assert_eq!(event["headers"]["hOST"], "127.0.0.1:9000");
    assert_eq!(event["headers"]["x-tag"], "second");
    assert_eq!(event["multiValueHeaders"]["x-tag"], json!(["first", "second"]));
    assert_eq!(
        keys(&event["headers"]),
        [
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto",
            "cookie",
            "hOST",
            "x-tag"
        ]
    );
    // A client that traces nothing is given a trace of this second.
    let root = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert!(root.starts_with(&format!("Root=1-{:08x}-", START / 1000)) && root.len() == 40, "{root}");
}

// §2.1: "The integration event omits hop-by-hop `Connection`, `Upgrade`, `content-length`"
#[test]
fn hop_by_hop_headers_are_omitted() {
    let [connect, ..] = usual_events("/prod");
    for map in ["headers", "multiValueHeaders"] {
        for name in keys(&connect[map]) {
            let name = name.to_ascii_lowercase();
            assert!(!["connection", "upgrade", "content-length"].contains(&name.as_str()), "{name}");
        }
    }
}

// §2.1: "`sourceIp` may be IPv6"
#[test]
fn the_source_ip_may_be_ipv6() {
    let mut world = World::usual();
    let mut request = HandshakeRequest::get("/prod");
    request.source_ip = "2001:db8::7".parse().unwrap();
    world.handshake(request);
    let event = world.event();
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "2001:db8::7");
    assert_eq!(event["headers"]["X-Forwarded-For"], "2001:db8::7");
}
