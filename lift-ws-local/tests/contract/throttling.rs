//! Contract §6.1: token buckets of routes, of the account, of new connections.

use std::time::Duration;

use lift_ws_local::core::{ConnectionId, HandshakeRequest, RateLimit, Verdict};
use serde_json::{Value, json};

use crate::support::World;

const SAY: &str = r#"{"action":"say"}"#;

fn throttled(settings: Value) -> World {
    let mut manifest = json!({ "routes": [
        { "routeKey": "$connect" }, { "routeKey": "$disconnect" }, { "routeKey": "$default" }, { "routeKey": "say" },
    ]});
    for (key, value) in settings.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    World::with_manifest(manifest)
}

/// How many of so many messages reach the function now.
fn reached(world: &mut World, connection: &ConnectionId, text: &str, count: usize) -> usize {
    let mut reached = 0;
    for _ in 0..count {
        world.message(connection, text);
        if world.invoked().is_some() {
            reached += 1;
        } else {
            assert_eq!(world.sent().len(), 1);
            assert!(world.sent()[0].starts_with(r#"{"message": "Too Many Requests", "connectionId":""#));
            assert!(world.closed().is_none(), "the connection stays");
        }
    }
    reached
}

// §6.1: "stage `routeSettings[routeKey].ThrottlingRateLimit/BurstLimit`; best effort token bucket"
#[test]
fn a_route_takes_a_burst_and_then_its_rate() {
    let settings =
        json!({ "routeSettings": { "say": { "throttlingRateLimit": 2, "throttlingBurstLimit": 3 } } });
    let mut world = throttled(settings);
    let connection = world.connect();
    assert_eq!(reached(&mut world, &connection, SAY, 5), 3);
    match world.finished().verdict {
        Verdict::Refused { status: 429, reason } => {
            assert_eq!(reason, "too many events of the route `say`: 2 a second, and 3 at once, are allowed")
        }
        other => panic!("{other:?}"),
    }
    world.wait(Duration::from_millis(499));
    assert_eq!(reached(&mut world, &connection, SAY, 1), 0);
    world.wait(Duration::from_millis(1));
    assert_eq!(reached(&mut world, &connection, SAY, 2), 1);
    world.wait(Duration::from_secs(60));
    assert_eq!(reached(&mut world, &connection, SAY, 9), 3, "no more than a burst is kept");
    assert_eq!(reached(&mut world, &connection, "x", 9), 9, "other routes are not throttled");
}

#[test]
fn the_default_is_for_each_route_that_has_no_settings_of_its_own() {
    let mut world = throttled(json!({
        "defaultRouteSettings": { "throttlingRateLimit": 1, "throttlingBurstLimit": 1 },
        "routeSettings": { "say": { "throttlingRateLimit": 1, "throttlingBurstLimit": 4 } },
    }));
    let connection = world.connect();
    assert_eq!(reached(&mut world, &connection, SAY, 9), 4);
    assert_eq!(reached(&mut world, &connection, "x", 9), 1);
    world.handshake(HandshakeRequest::get("/prod"));
    assert_eq!(world.refused().expect("refused").0, 429);
    world.close(&connection, None, "");
    assert!(world.disconnected().is_some(), "`$disconnect` is never throttled");
}

// §3.2: "throttled / API key quota | HTTP 429"
#[test]
fn a_handshake_that_is_one_too_many_is_429_and_the_function_is_not_called() {
    let mut world = throttled(
        json!({ "routeSettings": { "$connect": { "throttlingRateLimit": 1, "throttlingBurstLimit": 2 } } }),
    );
    world.connect();
    world.connect();
    world.handshake(HandshakeRequest::get("/prod"));
    assert!(world.invoked().is_none());
    let (status, body) = world.refused().unwrap();
    assert_eq!((status, body.starts_with(r#"{"message": "Too Many Requests", "#)), (429, true));
    world.wait(Duration::from_secs(1));
    world.connect();
}

// §6.1: "new connections per second, per account and Region | 500"
#[test]
fn new_connections_have_a_rate() {
    let mut world = throttled(json!({ "account": { "newConnectionsPerSecond": 500 } }));
    assert_eq!(world.gateway.api().throttling.new_connections, Some(RateLimit::OF_NEW_CONNECTIONS));
    for _ in 0..500 {
        world.connect();
    }
    world.handshake(HandshakeRequest::get("/prod"));
    assert_eq!(world.refused().unwrap().0, 429);
    world.wait(Duration::from_millis(2));
    world.connect();
}

// §6.1: "request rate … shared by HTTP, REST, WebSocket and WebSocket-callback APIs"; "No separate documented rate for
// `@connections`; it counts against the shared account rate"
#[test]
fn messages_and_calls_of_connections_share_the_accounts_rate() {
    let settings = json!({ "account": { "throttleSettings": { "rateLimit": 10, "burstLimit": 5 } } });
    let mut world = throttled(settings);
    let connection = world.connect();
    assert_eq!(reached(&mut world, &connection, SAY, 2), 2);
    assert_eq!(world.post(&connection, "a").status, 200);
    assert_eq!(reached(&mut world, &connection, "x", 1), 1);
    let refused = world.post(&connection, "b");
    assert_eq!((refused.status, refused.error_type), (429, Some("LimitExceededException")));
    assert_eq!(world.manage("GET", &format!("/prod/@connections/{connection}"), b"").status, 429);
    assert_eq!(reached(&mut world, &connection, SAY, 1), 0);
    world.wait(Duration::from_millis(100));
    assert_eq!(world.post(&connection, "c").status, 200);
}

// §6.1: "10 000 rps, bucket 5 000"
#[test]
fn the_accounts_defaults_are_aws_s_and_fill_in_what_a_route_leaves_out() {
    assert_eq!(RateLimit::OF_ACCOUNTS, RateLimit { rate: 10_000.0, burst: 5_000 });
    let half = json!({ "routeSettings": { "say": { "throttlingRateLimit": 7 }, "$default": {} } });
    let world = throttled(half);
    let routes = &world.gateway.api().throttling.routes;
    assert_eq!(routes["say"], RateLimit { rate: 7.0, burst: 5_000 });
    assert_eq!(routes.len(), 1);
}

#[test]
fn a_new_manifest_changes_limits_and_keeps_what_was_used_up() {
    let settings = |burst: u32| json!({ "routeSettings": { "say": { "throttlingRateLimit": 1, "throttlingBurstLimit": burst } } });
    let mut world = throttled(settings(5));
    let connection = world.connect();
    assert_eq!(reached(&mut world, &connection, SAY, 4), 4);
    let mut narrower = throttled(settings(1)).gateway.api().clone();
    narrower.throttling.default = None;
    world.gateway.set_api(narrower);
    assert_eq!(reached(&mut world, &connection, SAY, 3), 1);
}

#[test]
fn mistakes_about_limits_say_what_to_write() {
    for (manifest, expected) in [
        (
            json!({ "routeSettings": { "say": { "throttlingRateLimit": 1 } } }),
            "`routeSettings` of the manifest has the key `say`, which is no route: write the key of a route",
        ),
        (
            json!({ "defaultRouteSettings": { "throttlingRateLimit": -1 } }),
            "a rate limit of the manifest is -1: write how many events a second, such as 100",
        ),
        (
            json!({ "defaultRouteSettings": { "throttlingBurstLimit": 0.5 } }),
            "`defaultRouteSettings` of the manifest: invalid type: floating point `0.5`, expected u32: write \
             \"defaultRouteSettings\": {\"throttlingRateLimit\": 100, \"throttlingBurstLimit\": 50}",
        ),
        (
            json!({ "account": { "throttleSettings": {} } }),
            "`account` of the manifest: missing field `rateLimit`: write \"account\": {\"throttleSettings\": ",
        ),
    ] {
        let problem = World::problem(manifest);
        assert!(problem.starts_with(expected), "{problem}");
    }
}
