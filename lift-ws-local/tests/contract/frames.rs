//! Contract §3.4: the frames that the gateway itself sends, §3.5: timeouts.

use std::time::Duration;

use lift_ws_local::core::{Action, Fault, Input, Outcome};
use serde_json::json;

use crate::support::{World, failed, frame_of, returned, unavailable};

// §3.4: "function error, panic, bad permissions, unreachable integration | `{"message": "Internal server error",
// …}` | stays open"; "The error frame is sent even for one-way routes"; "`requestId` in the frame equals the
// event's `requestContext.requestId`"
fn internal_server_error(action: &str, outcome: Outcome) {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, &format!(r#"{{"action":"{action}"}}"#));
    let frame = frame_of("Internal server error", &world.event());
    world.finishes(outcome);
    assert_eq!(world.sent(), [frame]);
    assert!(world.closed().is_none());
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.invoked().is_some(), "the connection is still served");
}

#[test]
fn a_failing_function_is_an_internal_server_error() {
    internal_server_error("ask", failed());
    internal_server_error("ask", unavailable());
    internal_server_error("nope", failed());
}

#[test]
fn the_error_frame_is_sent_on_one_way_routes_too() {
    internal_server_error("say", failed());
    internal_server_error("say", unavailable());
    internal_server_error("say", returned("null"));
}

// §3.4: "`requestId` in the frame equals the event's `requestContext.requestId`"
#[test]
fn the_frame_names_the_request_of_the_event() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    let request_id = world.event()["requestContext"]["requestId"].clone();
    world.finishes(failed());
    let frame: serde_json::Value = serde_json::from_str(world.sent()[0]).unwrap();
    assert_eq!(frame["requestId"], request_id);
    assert_eq!(frame["connectionId"], connection.as_str());
    assert!(!world.sent()[0].contains("secret"), "clients never see internal text");
}

// §3.4: "no route, no `$default` | `{"message": "Forbidden", …}` | stays open"
#[test]
fn a_message_without_route_is_forbidden() {
    let mut world = World::with_routes(&["say"]);
    let connection = world.connect();
    world.message(&connection, "hello");
    assert!(world.sent()[0].starts_with(r#"{"message": "Forbidden", "connectionId":""#));
    assert!(world.closed().is_none());
}

// §3.4: "request model validation failed | `message` = `Bad request body`, with `connectionId` and `messageId`
// (not requestId) | stays open"
#[test]
fn a_bad_request_body_frame_names_the_message() {
    let mut world = World::usual();
    let connection = world.connect();
    world.fault(Fault::BadRequestBody);
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.invoked().is_none() && world.closed().is_none());
    let frame = world.sent()[0].to_owned();
    let parsed: serde_json::Value = serde_json::from_str(&frame).unwrap();
    let message_id = parsed["messageId"].as_str().unwrap();
    assert_eq!(
        frame,
        format!(
            r#"{{"message": "Bad request body", "connectionId":"{connection}", "messageId":"{message_id}"}}"#
        )
    );
}

// §3.4: "integration timeout | REST uses `Endpoint request timed out`; … | stays open"
#[test]
fn a_message_that_is_not_answered_in_time_gets_the_timeout_frame() {
    for action in ["say", "ask"] {
        let mut world = World::usual();
        let connection = world.connect();
        world.message(&connection, &format!(r#"{{"action":"{action}"}}"#));
        let invoked = world.invoked().unwrap();
        world.wait_for_wakeup();
        assert_eq!(world.sent(), [frame_of("Endpoint request timed out", &invoked.event)]);
        assert!(world.closed().is_none());
    }
}

// §9: "make these strings configurable"
#[test]
fn words_without_evidence_can_be_set() {
    let routes = json!({ "routes": [{ "routeKey": "say" }] });
    let mut world = World::with_api(routes, |api| {
        api.readings.timeout_message = "too slow".into();
        api.readings.throttled_message = "too fast".into();
    });
    let connection = world.connect();
    world.fault(Fault::MessageThrottled);
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.sent()[0].starts_with(r#"{"message": "too fast""#));
    world.message(&connection, r#"{"action":"say"}"#);
    world.wait_for_wakeup();
    assert!(world.sent()[0].starts_with(r#"{"message": "too slow""#));
}

// §3.4: "route throttled | HTTP wording is 429 Too Many Requests; frame form not found"
#[test]
fn a_throttled_message_gets_a_frame_and_the_connection_stays() {
    let mut world = World::usual();
    let connection = world.connect();
    world.fault(Fault::MessageThrottled);
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.invoked().is_none() && world.closed().is_none());
    assert!(world.sent()[0].starts_with(r#"{"message": "Too Many Requests", "connectionId":""#));
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.invoked().is_some());
}

// §3.5: "Integration timeout 50 ms - 29 s, default 29 s"
#[test]
fn the_gateway_waits_29_seconds() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"ask"}"#);
    let invoked = world.invoked().unwrap();
    assert_eq!(invoked.deadline, world.now + 29_000);
    assert_eq!(world.gateway.next_wakeup().unwrap().as_millis(), invoked.deadline);
    world.wait(Duration::from_millis(28_999));
    assert!(world.input(Input::Tick).is_empty());
    world.wait(Duration::from_millis(1));
    world.input(Input::Tick);
    assert_eq!(world.sent().len(), 1);
}

// §3.5: "Integration timeout 50 ms - 29 s", of each integration; DG-ireq
#[test]
fn a_route_may_wait_less_long_than_the_api() {
    let waits = |action: &str, limit: Option<Duration>| {
        let routes = json!({
            "timeoutInMillis": 10_000,
            "routes": [{ "routeKey": "say", "timeoutInMillis": 50 }, { "routeKey": "ask" }],
        });
        let mut world = World::with_api(routes, |api| {
            api.limits.integration_timeout = limit.unwrap_or(api.limits.integration_timeout);
        });
        let connection = world.connect();
        world.message(&connection, &format!(r#"{{"action":"{action}"}}"#));
        let invoked = world.invoked().unwrap();
        world.wait_for_wakeup();
        assert_eq!(world.now, invoked.deadline);
        assert_eq!(world.sent(), [frame_of("Endpoint request timed out", &invoked.event)]);
        world.now - crate::support::START
    };
    assert_eq!((waits("say", None), waits("ask", None)), (50, 10_000));
    // A test that shortens the limit shortens it for all; a debugger that lifts it lifts it for all.
    let short = Some(Duration::from_millis(20));
    assert_eq!((waits("say", short), waits("ask", short)), (20, 20));
    let lifted = Some(Duration::from_secs(300));
    assert_eq!((waits("say", lifted), waits("ask", lifted)), (300_000, 300_000));
}

// §3.5: "The Lambda keeps running past it; only the gateway gives up"
#[test]
fn a_function_that_answers_too_late_is_not_heard() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"ask"}"#);
    let invocation = world.invoked().unwrap().id;
    world.wait_for_wakeup();
    assert!(world.actions.iter().any(
        |action| matches!(action, Action::Abandon { invocation: abandoned, .. } if *abandoned == invocation)
    ));
    let outcome = returned(r#"{"statusCode":200,"body":"late"}"#);
    assert!(world.input(Input::Invoked { invocation, outcome }).is_empty());
}

// Timeouts that are due come before the input of the same moment, so a late timer changes nothing.
#[test]
fn an_answer_at_the_deadline_is_too_late() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"ask"}"#);
    let invoked = world.invoked().unwrap();
    world.now = invoked.deadline;
    let outcome = returned(r#"{"statusCode":200,"body":"late"}"#);
    world.input(Input::Invoked { invocation: invoked.id, outcome });
    assert_eq!(world.sent(), [frame_of("Endpoint request timed out", &invoked.event)]);
}
