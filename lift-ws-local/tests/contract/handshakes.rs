//! Contract §3.2: the outcomes of `$connect` and of requests that never reach it.

use lift_ws_local::core::{Fault, HandshakeRequest, Input, Outcome};
use serde_json::json;

use crate::support::{World, failed, frame_of, returned, unavailable};

/// Status and body of a refusal of this request.
fn refusal(request: HandshakeRequest) -> (u16, serde_json::Value) {
    let mut world = World::usual();
    world.handshake(request);
    assert!(world.invoked().is_none(), "the function is not asked");
    let (status, body) = world.refused().expect("refused");
    (status, serde_json::from_str(&body).unwrap())
}

fn plain(path: &str) -> HandshakeRequest {
    HandshakeRequest { upgrade: false, ..HandshakeRequest::get(path) }
}

// §3.2: "2xx (200, 201 tested) | 101, connection open"
#[test]
fn any_2xx_opens_the_connection() {
    for status in [200, 201, 204, 299] {
        assert_eq!(World::connect_status(returned(&format!(r#"{{"statusCode":{status}}}"#))), 101);
    }
}

// §3.2: "any other status (301, 401, 501 tested; 400 in docs) | handshake fails with that HTTP status"
#[test]
fn any_other_status_is_the_status_of_the_refusal() {
    for status in [300, 301, 400, 401, 403, 404, 418, 429, 500, 501, 599] {
        assert_eq!(World::connect_status(returned(&format!(r#"{{"statusCode":{status}}}"#))), status);
    }
}

// §3.2: "handler error / panic / function error | HTTP 502"
#[test]
fn a_failing_connect_is_502() {
    assert_eq!(World::connect_status(failed()), 502);
    assert_eq!(World::connect_status(unavailable()), 502);
}

// §3.2: "malformed return value (null, no object) | HTTP 502"
#[test]
fn a_malformed_connect_result_is_502() {
    for result in ["null", "", "[]", "\"200\"", "{}", r#"{"statusCode":"fine"}"#, r#"{"statusCode":101}"#] {
        assert_eq!(World::connect_status(returned(result)), 502, "{result}");
    }
}

// §3.2: "integration timeout (max 29 s) | handshake fails; HTTP 504 by analogy with REST"
#[test]
fn a_connect_that_does_not_answer_in_29_seconds_is_504() {
    let mut world = World::usual();
    world.handshake(HandshakeRequest::get("/prod"));
    let invoked = world.invoked().unwrap();
    let started = world.now;
    world.wait_for_wakeup();
    assert_eq!(world.now, started + 29_000);
    assert_eq!(world.refused(), Some((504, frame_of("Endpoint request timed out", &invoked.event))));
    // Success comes too late: nobody is connected.
    let outcome = returned(r#"{"statusCode":200}"#);
    assert!(world.input(Input::Invoked { invocation: invoked.id, outcome }).is_empty());
}

// §3.2: "throttled / API key quota | HTTP 429"
#[test]
fn a_throttled_handshake_is_429() {
    let mut world = World::usual();
    world.fault(Fault::ConnectThrottled);
    world.handshake(HandshakeRequest::get("/prod"));
    assert!(world.invoked().is_none());
    let (status, body) = world.refused().unwrap();
    assert_eq!((status, body.starts_with(r#"{"message": "Too Many Requests""#)), (429, true));
}

// §3.2: "API key missing or invalid | 403"
#[test]
fn a_wrong_api_key_is_403() {
    let mut world = World::usual();
    world.fault(Fault::Forbidden);
    world.handshake(HandshakeRequest::get("/prod"));
    assert!(world.invoked().is_none());
    let (status, body) = world.refused().unwrap();
    assert_eq!((status, body.starts_with(r#"{"message": "Forbidden""#)), (403, true));
}

// §3.2: "plain HTTP request without Upgrade, on the stage or any path below it | 426"
#[test]
fn a_request_that_is_no_upgrade_is_426() {
    for path in ["/prod", "/prod/", "/prod/any/path", "/prod?a=b"] {
        assert_eq!(refusal(plain(path)).0, 426, "{path}");
    }
}

// §3.2: "unknown stage or path | 403"
#[test]
fn an_unknown_stage_or_path_is_403() {
    for path in ["/", "", "/other", "/Prod", "/prod2", "/prod/below", "//prod", "/other/prod", "/%"] {
        let (status, body) = refusal(HandshakeRequest::get(path));
        assert_eq!((status, &body["message"]), (403, &json!("Forbidden")), "{path}");
    }
    assert_eq!(refusal(plain("/other")).0, 403);
    for path in ["/prod/", "/%70rod"] {
        World::usual().connect_with(HandshakeRequest::get(path));
    }
}

// §3.2: "`Sec-WebSocket-Protocol` must be returned explicitly by the function; the gateway never picks a
// subprotocol itself"
#[test]
fn the_subprotocol_is_what_the_function_returns() {
    for (headers, expected) in [
        (json!({}), None),
        (json!({ "headers": { "Sec-WebSocket-Protocol": "demo.v2" } }), Some("demo.v2")),
        (json!({ "headers": { "sec-websocket-protocol": "demo.v2" } }), Some("demo.v2")),
        (json!({ "multiValueHeaders": { "Sec-WebSocket-Protocol": ["demo.v2"] } }), Some("demo.v2")),
        (json!({ "headers": { "X-Other": "not passed on" } }), None),
    ] {
        let mut world = World::usual();
        let mut request = HandshakeRequest::get("/prod");
        request.headers.push(("Sec-WebSocket-Protocol".into(), "demo.v1, demo.v2".into()));
        world.handshake(request);
        let mut result = headers;
        result["statusCode"] = 200.into();
        world.returns(&result.to_string());
        assert_eq!(world.accepted().unwrap().1.as_deref(), expected, "{result}");
    }
}

// §3.2: "Clients that offered a subprotocol and get none back fail the handshake": the client does so, the
// gateway has accepted. The client's end comes as that of any other connection.
#[test]
fn a_client_that_misses_its_subprotocol_is_lost_after_it_was_accepted() {
    let mut world = World::usual();
    let mut request = HandshakeRequest::get("/prod");
    request.headers.push(("Sec-WebSocket-Protocol".into(), "demo.v1".into()));
    let connection = world.connect_with(request);
    world.lose(&connection);
    assert_eq!(world.disconnected(), Some((1006, String::new())));
}

// §3.2: "Body of a failed handshake: … content U (the emulator may send the JSON of 1.3)"
#[test]
fn the_body_of_a_refusal_has_the_layout_of_gateway_frames() {
    for (outcome, message) in [
        (returned(r#"{"statusCode":401,"body":"secret"}"#), "Unauthorized"),
        (returned(r#"{"statusCode":403}"#), "Forbidden"),
        (returned(r#"{"statusCode":499}"#), "Refused"),
        (failed(), "Internal server error"),
        (returned("null"), "Internal server error"),
    ] {
        let mut world = World::usual();
        world.handshake(HandshakeRequest::get("/prod"));
        let event = world.event();
        world.finishes(outcome);
        assert_eq!(world.refused().unwrap().1, frame_of(message, &event));
    }
}

// §3.2: "`$connect` body on success: not delivered"
#[test]
fn the_body_of_an_accepted_connect_is_not_delivered() {
    let routes = json!({ "routes": [{ "routeKey": "$connect", "twoWay": true }] });
    for mut world in [World::usual(), World::with_manifest(routes)] {
        world.handshake(HandshakeRequest::get("/prod"));
        world.returns(r#"{"statusCode":200,"body":"welcome"}"#);
        assert!(world.accepted().is_some() && world.sent().is_empty());
    }
}

// §6.1: "WebSocket URL length | 4096 characters"
#[test]
fn a_url_above_4096_characters_is_refused() {
    let path = |characters: usize| format!("/prod?{}", "a".repeat(characters - "/prod?".len()));
    World::usual().connect_with(HandshakeRequest::get(&path(4096)));
    assert_eq!(refusal(HandshakeRequest::get(&path(4097))).0, 414);
}

#[test]
fn a_client_that_does_not_wait_is_gone_as_soon_as_it_is_accepted() {
    let mut world = World::usual();
    let socket = world.handshake(HandshakeRequest::get("/prod"));
    let invocation = world.invoked().unwrap().id;
    assert!(world.input(Input::HandshakeAbandoned { socket }).is_empty());
    world.input(Input::Invoked { invocation, outcome: returned(r#"{"statusCode":200}"#) });
    assert!(world.accepted().is_none());
    assert_eq!(world.disconnected(), Some((1006, String::new())));
}

#[test]
fn a_client_that_does_not_wait_and_is_refused_leaves_nothing() {
    for outcome in [returned(r#"{"statusCode":401}"#), failed()] {
        let mut world = World::usual();
        let socket = world.handshake(HandshakeRequest::get("/prod"));
        let invocation = world.invoked().unwrap().id;
        world.input(Input::HandshakeAbandoned { socket });
        world.input(Input::Invoked { invocation, outcome });
        assert!(world.refused().is_none() && world.invoked().is_none());
        assert_eq!(world.gateway.next_wakeup(), None);
    }
}

#[test]
fn a_refused_handshake_has_no_disconnect_and_leaves_no_timer() {
    let mut world = World::usual();
    world.handshake(HandshakeRequest::get("/prod"));
    world.finishes(Outcome::Returned(r#"{"statusCode":401}"#.into()));
    assert!(world.invoked().is_none());
    assert_eq!(world.gateway.next_wakeup(), None);
}
