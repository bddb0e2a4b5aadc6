//! Faults on demand, on a clock that stands still until a test moves it.

use std::collections::HashSet;
use std::time::Duration;

use lift_ws_local::core::{Action, ConnectionId, Fault, FaultPlan, Verdict};

use crate::support::{World, failed, frame_of, returned};

/// A usual world in which these rules hold.
fn world(rules: &[&str]) -> World {
    let world = World::usual();
    set(&world, 7, rules);
    world
}

fn set(world: &World, seed: u64, rules: &[&str]) {
    let plan = FaultPlan::new(seed);
    let plan = rules.iter().fold(plan, |plan, rule| plan.with(rule.parse().unwrap()));
    world.gateway.faults().set(&plan);
}

/// The events that the last input has given to the function: route keys and bodies.
fn invoked(world: &World) -> Vec<(String, String)> {
    let events = world.actions.iter().filter_map(|action| match action {
        Action::Invoke { route_key, event, .. } => Some((route_key.clone(), event)),
        _ => None,
    });
    events.map(|(key, event)| (key, String::from_utf8(event.to_vec()).unwrap())).collect()
}

#[test]
fn a_disconnect_can_come_later_and_shows_the_time_at_which_it_comes() {
    let mut world = world(&["delay-disconnect:5s"]);
    let connection = world.connect();
    let ended = world.now;
    world.close(&connection, Some(4001), "bye");
    assert!(world.invoked().is_none());
    world.wait_for_wakeup();
    assert_eq!(world.now, ended + 5_000);
    assert_eq!(world.disconnected(), Some((4001, "bye".to_owned())));
    assert_eq!(world.event()["requestContext"]["requestTimeEpoch"], ended + 5_000);
    assert_eq!(world.event()["requestContext"]["connectionId"], connection.as_str());
}

#[test]
fn a_disconnect_can_come_twice_as_the_same_event() {
    let mut world = world(&["duplicate-disconnect"]);
    let connection = world.connect();
    world.lose(&connection);
    let events = invoked(&world);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], events[1]);
    assert_eq!(events[0].0, "$disconnect");
}

#[test]
fn a_fault_of_disconnect_needs_an_end_that_the_function_hears_of() {
    let mut world = World::with_routes(&["say"]);
    world.fault(Fault::DisconnectLost);
    let connection = world.connect();
    world.close(&connection, None, "");
    assert!(!world.gateway.faults().is_empty(), "no `$disconnect` route, no occasion");
}

#[test]
fn every_second_disconnect_is_lost() {
    let mut world = world(&["drop-disconnect:every-2"]);
    let heard: Vec<bool> = (0..4)
        .map(|_| {
            let connection = world.connect();
            world.close(&connection, None, "");
            world.invoked().is_some()
        })
        .collect();
    assert_eq!(heard, [true, false, true, false]);
}

/// The order in which the function gets ten messages that a connection sends at once.
fn order_of_ten(world: &mut World) -> Vec<u64> {
    let connection = world.connect();
    let mut order = Vec::new();
    let mut note = |world: &World| {
        for (_, event) in invoked(world) {
            let event: serde_json::Value = serde_json::from_str(&event).unwrap();
            let body: serde_json::Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            order.push(body["n"].as_u64().unwrap());
        }
    };
    let sent = world.now;
    for n in 0..10 {
        world.message(&connection, &format!(r#"{{"action":"say","n":{n}}}"#));
        note(world);
    }
    while world.gateway.next_wakeup().is_some_and(|at| at.as_millis() <= sent + 1_000) {
        world.wait_for_wakeup();
        note(world);
    }
    order
}

#[test]
fn messages_of_a_connection_overtake_each_other_and_none_is_lost() {
    let order = order_of_ten(&mut world(&["shuffle:1s"]));
    assert_ne!(order, (0..10).collect::<Vec<_>>());
    assert_eq!(order.iter().collect::<HashSet<_>>().len(), 10, "{order:?}");
}

#[test]
fn the_same_seed_gives_the_same_order_and_another_seed_another() {
    let order = |seed| {
        let mut world = World::usual();
        set(&world, seed, &["shuffle:1s"]);
        order_of_ten(&mut world)
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn only_so_many_messages_of_a_connection_are_held() {
    let mut world = world(&["shuffle:24h"]);
    let connection = world.connect();
    let at_once = (0..40)
        .filter(|_| {
            world.message(&connection, r#"{"action":"say"}"#);
            world.invoked().is_some()
        })
        .count();
    assert_eq!(at_once, 40 - 16);
    // Another connection has room of its own.
    let other = world.connect();
    world.message(&other, r#"{"action":"say"}"#);
    assert!(world.invoked().is_none());
}

#[test]
fn an_answer_can_come_later() {
    let mut world = world(&["slow:200ms"]);
    let connection = connected(&mut world);
    world.message(&connection, r#"{"action":"ask"}"#);
    let asked = world.now;
    world.returns(r#"{"statusCode":200,"body":"hello"}"#);
    assert!(world.sent().is_empty());
    world.wait_for_wakeup();
    assert_eq!((world.now, world.sent()), (asked + 200, vec!["hello"]));
    assert_eq!(world.gateway.next_wakeup().map(|at| at.as_millis()), Some(world.now + 600_000));
}

/// A connection whose `$connect` was slow too.
fn connected(world: &mut World) -> ConnectionId {
    world.handshake(lift_ws_local::core::HandshakeRequest::get("/prod"));
    world.returns(r#"{"statusCode":200}"#);
    assert!(world.accepted().is_none());
    world.wait_for_wakeup();
    world.accepted().expect("the handshake succeeds").0
}

#[test]
fn an_answer_that_comes_later_than_the_gateway_waits_is_too_late() {
    let mut world = World::usual();
    let connection = world.connect();
    set(&world, 1, &["slow:40s"]);
    world.message(&connection, r#"{"action":"ask"}"#);
    let (asked, event) = (world.now, world.event());
    world.returns(r#"{"statusCode":200,"body":"hello"}"#);
    world.wait_for_wakeup();
    assert_eq!(world.now, asked + 29_000);
    assert_eq!(world.sent(), [frame_of("Endpoint request timed out", &event)]);
    assert!(!world.actions.iter().any(|action| matches!(action, Action::Abandon { .. })), "it was answered");
    let next = world.gateway.next_wakeup().map(|at| at.as_millis());
    assert_eq!(next, Some(world.now + 600_000), "the answer is not kept, only the idle timeout is left");
}

#[test]
fn a_timeout_comes_at_once_when_the_function_has_done_its_work() {
    let mut world = World::usual();
    let connection = world.connect();
    set(&world, 1, &["timeout"]);
    world.message(&connection, r#"{"action":"ask"}"#);
    let event = world.event();
    world.returns(r#"{"statusCode":200,"body":"hello"}"#);
    assert_eq!(world.sent(), [frame_of("Endpoint request timed out", &event)]);
    assert_eq!(world.finished().verdict, Verdict::TimedOut { limit: Duration::from_secs(29) });
}

#[test]
fn a_connection_can_be_gone_in_the_middle_of_a_broadcast() {
    let mut world = world(&["cut:every-3"]);
    let connections: Vec<ConnectionId> = (0..3).map(|_| world.connect()).collect();
    for connection in &connections[..2] {
        assert_eq!(world.post(connection, "x").status, 200);
    }
    let answer = world.post(&connections[2], "x");
    assert_eq!((answer.status, answer.error_type), (410, Some("GoneException")));
    assert!(world.sent().is_empty());
    assert_eq!(world.closed(), Some((1001, "Going away")));
    assert_eq!(world.disconnected(), Some((1001, "Going away".to_owned())));
    // A post to a connection that is gone already is no occasion.
    assert_eq!(world.post(&connections[2], "x").status, 410);
    assert_eq!(world.gateway.faults().report().faults[0].occasions, 3);
}

#[test]
fn connections_that_are_made_older_reach_their_limits() {
    let mut world = World::usual();
    let connection = world.connect();
    let minutes = |minutes: u64| lift_ws_local::core::Input::Aged(Duration::from_secs(60 * minutes));
    world.input(minutes(9));
    assert!(world.closed().is_none());
    world.message(&connection, r#"{"action":"say"}"#);
    world.returns(r#"{"statusCode":200}"#);
    // The message has ended the idle time.
    world.input(minutes(9));
    assert!(world.closed().is_none());
    assert_eq!(world.gateway.next_wakeup().map(|at| at.as_millis()), Some(world.now + 60_000));
    world.input(minutes(1));
    assert_eq!(world.closed(), Some((1001, "Going away")));
    assert_eq!(world.disconnected(), Some((1001, "Going away".to_owned())));
}

#[test]
fn a_connection_that_is_never_idle_ends_when_it_is_two_hours_old() {
    let mut world = World::usual();
    let connection = world.connect();
    let nine_minutes = || lift_ws_local::core::Input::Aged(Duration::from_secs(540));
    for _ in 0..13 {
        world.input(nine_minutes());
        assert!(world.closed().is_none());
        assert_eq!(world.post(&connection, "x").status, 200);
    }
    // The first jump past 120 minutes.
    world.input(nine_minutes());
    assert_eq!(world.disconnected(), Some((1001, "Going away".to_owned())));
    assert_eq!(
        world.event()["requestContext"]["connectedAt"],
        world.now,
        "what the function is told is true"
    );
}

#[test]
fn handshakes_are_throttled_at_the_rate_that_is_asked_for() {
    let mut world = world(&["throttle-connects:0.5"]);
    let statuses: Vec<u16> = (0..200)
        .map(|_| {
            world.handshake(lift_ws_local::core::HandshakeRequest::get("/prod"));
            world.refused().map_or(101, |(status, _)| status)
        })
        .collect();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert!((70..130).contains(&refused), "{refused}");
    assert_eq!(statuses.len(), refused + statuses.iter().filter(|status| **status == 101).count());
}

#[test]
fn a_run_with_every_fault_gives_the_same_actions_again() {
    let run = |seed| {
        let mut world = World::usual();
        set(
            &world,
            seed,
            &[
                "drop-disconnect:0.2",
                "delay-disconnect:3s:0.2",
                "duplicate-disconnect:0.2",
                "shuffle:100ms:0.5",
                "slow:50ms:0.3",
                "timeout:0.1",
                "throttle-posts:0.2",
                "cut:0.1",
                "throttle-connects:0.1",
                "throttle-messages:0.1",
            ],
        );
        let mut log = Vec::new();
        for round in 0..40 {
            world.handshake(lift_ws_local::core::HandshakeRequest::get("/prod"));
            log.push(format!("{:?}", world.actions));
            if world.invoked().is_none() {
                continue;
            }
            world.returns(r#"{"statusCode":200}"#);
            let accepted = world.accepted();
            while world.accepted().is_none() && world.refused().is_none() {
                world.wait_for_wakeup();
            }
            let Some((connection, _)) = world.accepted().or(accepted) else { continue };
            world.message(&connection, r#"{"action":"ask"}"#);
            if world.invoked().is_some() {
                world.finishes(if round % 3 == 0 { failed() } else { returned(r#"{"statusCode":200}"#) });
            }
            log.push(format!("{:?}", world.actions));
            world.post(&connection, "x");
            log.push(format!("{:?}", world.actions));
            world.lose(&connection);
            log.push(format!("{:?}", world.actions));
        }
        while world.gateway.next_wakeup().is_some() {
            world.wait_for_wakeup();
            log.push(format!("{:?}", world.actions));
        }
        (log, world.gateway.faults().report().happened)
    };
    let (log, happened) = run(11);
    assert!(happened.len() >= 9, "{happened:?}");
    assert_eq!(run(11), (log.clone(), happened));
    assert_ne!(run(12).0, log);
}
