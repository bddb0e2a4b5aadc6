//! Contract §9: where AWS is silent, each of two readings can be chosen.

use std::time::Duration;

use lift_ws_local::core::{FrameFault, HandshakeRequest, Input};
use serde_json::{Value, json};

use crate::events::three_events;
use crate::support::{World, allowing, keys};

/// As usual, with these readings.
fn reading(readings: Value) -> World {
    World::with_manifest(json!({
        "routes": [
            { "routeKey": "$connect" }, { "routeKey": "$disconnect" }, { "routeKey": "$default" }, { "routeKey": "say" },
            { "routeKey": "ask", "twoWay": true },
        ],
        "readings": readings,
    }))
}

fn route_of(readings: Value, message: &str) -> Option<String> {
    let mut world = reading(readings);
    let connection = world.connect();
    world.message(&connection, message);
    world.route()
}

// §1.2: "one real event shows the invalid JSON … routed to `sendMessage`"
#[test]
fn messages_can_be_read_leniently() {
    let sample = r#"{"action":"say", body:"hello"}"#;
    assert_eq!(route_of(json!({}), sample).as_deref(), Some("$default"));
    let mut world = reading(json!({ "lenientJson": true }));
    let connection = world.connect();
    world.message(&connection, sample);
    assert_eq!(world.route().as_deref(), Some("say"));
    assert_eq!(world.event()["body"], sample, "the body is the text that was sent");
    assert_eq!(route_of(json!({ "lenientJson": true }), "say").as_deref(), Some("$default"));
}

// §1.2: "Is a client-sent `{"action":"$disconnect"}` or `"$connect"` routed to those routes as a MESSAGE?"
#[test]
fn a_client_can_be_let_name_the_lifecycle_routes() {
    let message = r#"{"action":"$connect"}"#;
    assert_eq!(route_of(json!({}), message).as_deref(), Some("$default"));
    assert_eq!(route_of(json!({ "lifecycleKeys": true }), message).as_deref(), Some("$connect"));
}

// §2.1: "`.identity.apiKey`, `.apiKeyId` | … | U | U"
#[test]
fn the_identity_can_be_told_at_connect_alone() {
    let mut world = World::with_manifest(json!({
        "routes": [
            { "routeKey": "$connect", "apiKeyRequired": true }, { "routeKey": "$disconnect" }, { "routeKey": "say" },
        ],
        "apiKeys": [{ "value": "secret" }],
        "readings": { "identityRepeated": false },
    }));
    let mut request = HandshakeRequest::get("/prod");
    request.headers.push(("x-api-key".into(), "secret".into()));
    let [connect, message, disconnect] = three_events(&mut world, request);
    let identity = |event: &Value| keys(&event["requestContext"]["identity"]).len();
    assert_eq!([identity(&connect), identity(&message), identity(&disconnect)], [3, 1, 1]);
}

// §3.1: "Whether a missing `statusCode` is tolerated: U"
#[test]
fn a_missing_status_code_can_be_tolerated() {
    let mut world = reading(json!({ "statusCodeOptional": true }));
    world.handshake(HandshakeRequest::get("/prod"));
    world.returns("{}");
    let connection = world.accepted().expect("open").0;
    world.message(&connection, r#"{"action":"ask"}"#);
    world.returns(r#"{"body":"x"}"#);
    assert_eq!(world.sent(), ["x"]);
}

// §3.2: "handshake fails; HTTP 504 by analogy with REST | U"; "unknown stage or path | 403 | U"; "Body of a failed handshake … U"
#[test]
fn statuses_and_bodies_of_refusals_can_be_chosen() {
    let mut world =
        reading(json!({ "connectTimeoutStatus": 500, "unknownPathStatus": 404, "refusalBody": false }));
    world.handshake(HandshakeRequest::get("/prod"));
    world.wait_for_wakeup();
    assert_eq!(world.refused(), Some((500, String::new())));
    world.handshake(HandshakeRequest::get("/other"));
    assert_eq!(world.refused(), Some((404, String::new())));
    let problem = World::problem(json!({ "readings": { "unknownPathStatus": 200 } }));
    assert_eq!(
        problem,
        "`unknownPathStatus` of `readings` is 200: write an HTTP status that refuses, such as 403"
    );
}

// §3.3: "One project doc claims non-2xx is replaced by the Internal-server-error frame: conflicting, U"
#[test]
fn a_two_way_reply_of_another_status_can_be_an_error() {
    for (fails, status, expected) in
        [(false, 500, "x"), (true, 500, "error"), (true, 404, "error"), (true, 201, "x")]
    {
        let mut world = reading(json!({ "non2xxRepliesFail": fails }));
        let connection = world.connect();
        world.message(&connection, r#"{"action":"ask"}"#);
        world.returns(&format!(r#"{{"statusCode":{status},"body":"x"}}"#));
        let is_error = world.sent()[0].starts_with(r#"{"message": "Internal server error""#);
        assert_eq!(if is_error { "error" } else { world.sent()[0] }, expected, "{status}");
    }
}

// §3.3: "`isBase64Encoded: true` in a two-way reply: U"
#[test]
fn a_base64_reply_can_be_decoded() {
    for (body, flag, expected) in
        [("aGk=", true, "hi"), ("aGk=", false, "aGk="), ("_", true, "internal"), ("/w==", true, "internal")]
    {
        let mut world = reading(json!({ "base64RepliesDecoded": true }));
        let connection = world.connect();
        world.message(&connection, r#"{"action":"ask"}"#);
        world.returns(&json!({ "statusCode": 200, "body": body, "isBase64Encoded": flag }).to_string());
        let sent = world.sent()[0];
        assert_eq!(
            if sent.contains("Internal server error") { "internal" } else { sent },
            expected,
            "{body}"
        );
    }
}

// §3.4, §9: "make these strings configurable"
#[test]
fn words_of_frames_and_close_frames_can_be_chosen() {
    let mut world = reading(json!({
        "timeoutMessage": "too slow",
        "binaryFrameReason": "text, please",
        "frameTooLargeReason": "",
        "messageTooLargeReason": "too much",
    }));
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    world.wait_for_wakeup();
    assert!(world.sent()[0].starts_with(r#"{"message": "too slow""#));
    for (fault, expected) in [
        (FrameFault::Binary, (1003, "text, please")),
        (FrameFault::FrameTooLarge, (1009, "")),
        (FrameFault::MessageTooLarge, (1009, "too much")),
    ] {
        let connection = world.connect();
        world.bad_frame(&connection, fault);
        assert_eq!(world.closed(), Some(expected));
    }
    let mut world = World::with_manifest(json!({
        "routes": [{ "routeKey": "say" }],
        "routeSettings": { "say": { "throttlingBurstLimit": 0 } },
        "readings": { "throttledMessage": "too fast" },
    }));
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.sent()[0].starts_with(r#"{"message": "too fast""#));
}

// §4: "whether numbers arrive as strings in the proxy event is U"
#[test]
fn numbers_of_the_authorizers_context_can_stay_numbers() {
    let mut world = World::with_manifest(json!({
        "routes": [{ "routeKey": "$connect" }], "authorizer": {},
        "readings": { "authorizerContextAsStrings": false },
    }));
    world.handshake(HandshakeRequest::get("/prod"));
    let mut result: Value = serde_json::from_str(&allowing("*")).unwrap();
    result["context"] = json!({ "level": 7, "admin": true });
    world.returns(&result.to_string());
    let authorizer = &world.event()["requestContext"]["authorizer"];
    assert_eq!(authorizer, &json!({ "admin": true, "level": 7, "principalId": "user-42" }));
}

// §6.2: "2 h limit | probably as idle | U"; "1006 | abrupt TCP loss | no sample found | U"
#[test]
fn the_codes_of_old_and_lost_connections_can_be_chosen() {
    let mut world = reading(json!({
        "durationClose": { "code": 1000, "reason": "Connection Closed Normally" },
        "lostClose": { "code": 1001, "reason": "gone" },
    }));
    let connection = world.connect();
    for _ in 0..12 {
        world.wait(Duration::from_secs(599));
        world.post(&connection, "still here");
    }
    world.wait_for_wakeup();
    assert_eq!(world.closed(), Some((1000, "Connection Closed Normally")));
    assert_eq!(world.disconnected(), Some((1000, "Connection Closed Normally".to_owned())));
    let mut idle = reading(json!({ "durationClose": { "code": 1000 } }));
    idle.connect();
    idle.wait_for_wakeup();
    assert_eq!(idle.closed(), Some((1001, "Going away")), "idle connections end as they were seen to");
    let lost = world.connect();
    world.lose(&lost);
    assert_eq!(world.disconnected(), Some((1001, "gone".to_owned())));
    let problem = World::problem(json!({ "readings": { "durationClose": { "code": 1006 } } }));
    assert_eq!(problem, "`code` of `durationClose` of `readings` is 1006: write a close code, such as 1001");
}

// §6.3: "non-UTF-8 data: U"
#[test]
fn posts_that_are_not_utf8_can_be_sent_with_replacements() {
    let mut world = reading(json!({ "lossyPosts": true }));
    let connection = world.connect();
    let answered = world.manage("POST", &format!("/prod/@connections/{connection}"), b"a\xffb");
    assert_eq!(answered.status, 200);
    assert_eq!(world.sent(), ["a\u{fffd}b"]);
}

// §6.3: "Whether control frames reset the 10-minute timer: U"
#[test]
fn pings_can_count_as_activity() {
    for (counts, expected) in [(false, None), (true, Some(200))] {
        let mut world = reading(json!({ "pingsAreActivity": counts }));
        let connection = world.connect();
        world.wait(Duration::from_secs(599));
        world.input(Input::Ping { connection: connection.clone() });
        world.wait(Duration::from_secs(2));
        world.input(Input::Tick);
        let described = world.manage("GET", &format!("/prod/@connections/{connection}"), b"");
        assert_eq!(Some(described.status).filter(|status| *status == 200), expected);
    }
}
