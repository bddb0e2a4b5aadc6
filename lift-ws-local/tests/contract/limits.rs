//! Contract §6: quotas, close codes, delivery. Hours pass in no time.

use std::time::Duration;

use lift_ws_local::core::{Fault, FrameFault, Input};
use serde_json::json;

use crate::support::{START, World, returned};

const MINUTE: u64 = 60_000;

// §6.1: "idle timeout | 10 min"; §6.2: "1001 | idle timeout | `Going away`"
#[test]
fn an_idle_connection_is_closed_after_ten_minutes() {
    let mut world = World::usual();
    world.connect();
    world.now = START + 10 * MINUTE - 1;
    assert!(world.input(Input::Tick).is_empty());
    assert_eq!(world.gateway.next_wakeup().unwrap().as_millis(), START + 10 * MINUTE);
    world.wait_for_wakeup();
    assert_eq!(world.closed(), Some((1001, "Going away")));
    assert_eq!(world.disconnected(), Some((1001, "Going away".into())));
}

// §6.3: "Messages in either direction reset it"
#[test]
fn messages_in_either_direction_reset_the_idle_timeout() {
    let mut world = World::usual();
    let connection = world.connect();
    for turn in 1..=8 {
        world.now = START + turn * 9 * MINUTE;
        if turn % 2 == 0 {
            world.message(&connection, r#"{"action":"say"}"#);
            world.returns(r#"{"statusCode":200}"#);
        } else {
            assert_eq!(world.post(&connection, "x").status, 200);
        }
        assert_eq!(world.gateway.next_wakeup().unwrap().as_millis(), world.now + 10 * MINUTE);
    }
    world.wait_for_wakeup();
    assert_eq!(world.closed(), Some((1001, "Going away")));
    assert_eq!(world.now, START + 82 * MINUTE);
}

#[test]
fn a_two_way_reply_resets_the_idle_timeout() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"ask"}"#);
    let invocation = world.invoked().unwrap().id;
    world.wait(Duration::from_secs(20));
    world.input(Input::Invoked { invocation, outcome: returned(r#"{"statusCode":200,"body":"x"}"#) });
    world.wait_for_wakeup();
    assert_eq!(world.now, START + 20_000 + 10 * MINUTE);
}

// §6.3: "Whether control frames reset the 10-minute timer: U"; §9: "do not count them as activity"
#[test]
fn pings_do_not_reset_the_idle_timeout() {
    let mut world = World::usual();
    let connection = world.connect();
    world.now = START + 9 * MINUTE;
    assert!(world.input(Input::Ping { connection }).is_empty());
    world.wait_for_wakeup();
    assert_eq!(world.now, START + 10 * MINUTE);
}

// §6.1: "connection duration | 2 h"; §6.2: "1001 | 2 h limit | probably as idle"
#[test]
fn a_busy_connection_is_closed_after_two_hours() {
    let mut world = World::usual();
    let connection = world.connect();
    for minute in 1..120 {
        world.now = START + minute * MINUTE;
        world.post(&connection, "x");
        assert!(world.closed().is_none(), "after {minute} minutes");
    }
    world.wait_for_wakeup();
    assert_eq!(world.now, START + 120 * MINUTE);
    assert_eq!(world.closed(), Some((1001, "Going away")));
    assert_eq!(world.disconnected(), Some((1001, "Going away".into())));
}

// §6.1: the two hours start with the handshake, as `connectedAt` does; the ten minutes with the connection.
#[test]
fn the_idle_timeout_starts_when_the_connection_is_open() {
    let mut world = World::usual();
    world.handshake(lift_ws_local::core::HandshakeRequest::get("/prod"));
    let invocation = world.invoked().unwrap().id;
    world.wait(Duration::from_secs(20));
    world.input(Input::Invoked { invocation, outcome: returned(r#"{"statusCode":200}"#) });
    assert_eq!(world.gateway.next_wakeup().unwrap().as_millis(), START + 20_000 + 10 * MINUTE);
}

// §9: "offer a switch that shortens idle/duration limits for tests"
#[test]
fn limits_can_be_shortened() {
    let routes = json!({ "routes": [{ "routeKey": "$disconnect" }] });
    let mut world = World::with_api(routes, |api| {
        api.limits.idle_timeout = Duration::from_secs(5);
        api.limits.connection_duration = Duration::from_secs(3);
    });
    world.connect();
    world.wait_for_wakeup();
    assert_eq!(world.now, START + 3000);
    assert_eq!(world.closed(), Some((1001, "Going away")));
}

// A shell that wakes up late, or a laptop that slept: what is due happens first, then the input.
#[test]
fn a_message_after_the_end_of_the_connection_is_not_heard() {
    let mut world = World::usual();
    let connection = world.connect();
    world.now = START + 11 * MINUTE;
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.closed(), Some((1001, "Going away")));
    assert_eq!(world.route().as_deref(), Some("$disconnect"));
}

// §6.2: "1003 | client sent a binary frame"; §6.3: "Binary frames in: rejected, close 1003"
#[test]
fn a_binary_frame_closes_with_1003() {
    let mut world = World::usual();
    let connection = world.connect();
    world.bad_frame(&connection, FrameFault::Binary);
    assert_eq!(world.closed().unwrap().0, 1003);
    assert_eq!(world.disconnected().unwrap().0, 1003);
}

// §6.1: "WebSocket frame size | 32 KB"; "message payload | 128 KB"; §6.2: "1009 | frame > 32 KB or message >
// 128 KB"
#[test]
fn a_frame_or_message_above_its_limit_closes_with_1009() {
    for fault in [FrameFault::FrameTooLarge, FrameFault::MessageTooLarge] {
        let mut world = World::usual();
        let connection = world.connect();
        world.bad_frame(&connection, fault);
        assert_eq!(world.closed().unwrap().0, 1009);
        assert_eq!(world.disconnected().unwrap().0, 1009);
    }
    let mut world = World::usual();
    assert_eq!(
        (world.gateway.api().limits.frame_bytes, world.gateway.api().limits.message_bytes),
        (32_768, 131_072)
    );
    let connection = world.connect();
    world.message(&connection, &"x".repeat(131_072));
    assert_eq!(world.route().as_deref(), Some("$default"));
    world.message(&connection, &"x".repeat(131_073));
    assert_eq!(world.closed().unwrap().0, 1009);
}

// RFC 6455 §7.4.1 and §8.1; the contract is silent.
#[test]
fn breaches_of_the_protocol_close_with_the_codes_of_the_rfc() {
    for (fault, expected) in [(FrameFault::InvalidUtf8, 1007), (FrameFault::Protocol, 1002)] {
        let mut world = World::usual();
        let connection = world.connect();
        world.bad_frame(&connection, fault);
        assert_eq!(world.closed().unwrap().0, expected);
        assert!(world.bad_frame(&connection, fault).is_empty(), "a connection ends once");
    }
}

// §6.2: "1005 | client close frame without status (e.g. `ws.close()`) | `Client-side close frame status not set`"
#[test]
fn a_close_frame_without_status_is_1005() {
    let mut world = World::usual();
    let connection = world.connect();
    world.close(&connection, None, "");
    assert_eq!(world.disconnected(), Some((1005, "Client-side close frame status not set".into())));
    assert!(world.closed().is_none(), "the transport answers the close frame");
}

// §6.2: "A client-supplied code and reason are passed through"; "1001 | browser tab closed / navigated | `""`"
#[test]
fn the_clients_code_and_reason_are_passed_through() {
    for (code, reason) in [(1001, ""), (1000, "bye"), (4999, "own \"code\"")] {
        let mut world = World::usual();
        let connection = world.connect();
        world.close(&connection, Some(code), reason);
        assert_eq!(world.disconnected(), Some((u64::from(code), reason.into())));
    }
}

// §6.2: "1006 | abrupt TCP loss"; §9: "TCP loss: `disconnectStatusCode` 1006 and empty reason"
#[test]
fn a_lost_connection_is_1006() {
    let mut world = World::usual();
    let connection = world.connect();
    world.lose(&connection);
    assert_eq!(world.disconnected(), Some((1006, String::new())));
}

// §6.2: "1008, 1011 | no evidence that the gateway uses them"
#[test]
fn no_close_frame_of_the_gateway_has_1008_or_1011() {
    let mut codes = Vec::new();
    for fault in [
        FrameFault::Binary,
        FrameFault::FrameTooLarge,
        FrameFault::MessageTooLarge,
        FrameFault::InvalidUtf8,
        FrameFault::Protocol,
    ] {
        let mut world = World::usual();
        let connection = world.connect();
        world.bad_frame(&connection, fault);
        codes.push(world.closed().expect("closed").0);
    }
    // What emulators were seen to answer with 1008 or 1011: failures, refusals, throttling.
    for outcome in [crate::support::failed(), crate::support::unavailable(), returned("null")] {
        let mut world = World::usual();
        let connection = world.connect();
        world.message(&connection, r#"{"action":"say"}"#);
        world.finishes(outcome);
        assert_eq!(world.closed(), None);
        world.handshake(lift_ws_local::core::HandshakeRequest::get("/other"));
        assert!(world.closed().is_none() && world.refused().is_some());
    }
    let mut world = World::usual();
    world.connect();
    world.wait_for_wakeup();
    codes.push(world.closed().expect("idle").0);
    assert_eq!(codes, [1003, 1009, 1009, 1007, 1002, 1001]);
}

// §6.4: "a connection's messages can run in parallel in different Lambda environments"
#[test]
fn messages_of_one_connection_run_in_parallel() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    let first = world.invoked().unwrap().id;
    world.message(&connection, r#"{"action":"say"}"#);
    assert_ne!(first, world.invoked().unwrap().id);
}

// §6.4: "A client cannot send before 101, hence no MESSAGE event precedes completion of `$connect`"
#[test]
fn a_message_before_the_end_of_connect_is_not_heard() {
    let mut world = World::usual();
    world.handshake(lift_ws_local::core::HandshakeRequest::get("/prod"));
    let id = world.event()["requestContext"]["connectionId"].as_str().unwrap().into();
    assert!(world.message(&id, r#"{"action":"say"}"#).is_empty());
}

// §6.4: "`$disconnect` may overlap running message handlers"
#[test]
fn disconnect_does_not_wait_for_messages_under_way() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    world.close(&connection, None, "");
    assert_eq!(world.route().as_deref(), Some("$disconnect"));
}

// §6.4: "`$disconnect`: best effort, may never come"
#[test]
fn a_disconnect_can_be_lost() {
    let mut world = World::usual();
    let connection = world.connect();
    world.fault(Fault::DisconnectLost);
    assert!(world.close(&connection, None, "").is_empty());
    let connection = world.connect();
    world.close(&connection, None, "");
    assert_eq!(world.route().as_deref(), Some("$disconnect"));
}

// §6.4: "Messages: at most once towards Lambda"
#[test]
fn a_failed_message_is_not_given_to_the_function_again() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    world.finishes(crate::support::failed());
    assert!(world.invoked().is_none());
}

#[test]
fn a_gateway_without_connections_never_wakes() {
    let mut world = World::usual();
    assert_eq!(world.gateway.next_wakeup(), None);
    let connection = world.connect();
    world.close(&connection, None, "");
    world.returns(r#"{"statusCode":200}"#);
    assert_eq!(world.gateway.next_wakeup(), None);
}
