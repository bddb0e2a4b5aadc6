//! Faults on demand over real sockets, with real processes.

use std::time::Duration;

use lift_ws_local::GatewayEvent;
use lift_ws_local::clock::{Clock, ManualClock};
use lift_ws_local::core::{Fault, FaultPlan, Moment};

use crate::client::{Watched, refused, scripted, start};

const INTERNAL_SERVER_ERROR: &str = r#"{"message": "Internal server error", "#;

fn plan(rules: &[&str]) -> FaultPlan {
    rules.iter().fold(FaultPlan::new(7), |plan, rule| plan.with(rule.parse().unwrap()))
}

fn clock() -> ManualClock {
    ManualClock::starting_at(Moment::from_millis(1_777_976_430_100))
}

/// The next fault that has happened, as it is told.
async fn fault(watched: &mut Watched) -> Fault {
    watched
        .told(|event| match event {
            GatewayEvent::Fault(met) => Some(met.fault),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_plan_holds_from_the_start_and_each_fault_is_told() {
    let builder = scripted(&["$connect"]).faults(plan(&["throttle-connects:every-2"]));
    let mut watched = start(builder).await;
    let _first = watched.connect().await;
    assert_eq!(refused(watched.connect_with("").await), 429);
    assert_eq!(fault(&mut watched).await, Fault::ConnectThrottled);
    let _third = watched.connect().await;
    let report = watched.gateway.faults().report();
    assert_eq!((report.seed, report.faults[0].occasions, report.happened["throttle-connects"]), (7, 3, 1));
}

#[tokio::test]
async fn a_cold_start_takes_its_time_and_is_not_too_slow_for_that() {
    let clock = clock();
    let builder = scripted(&[]).clock(clock.clone()).faults(plan(&["cold-start:1m:x1"]));
    let mut watched = start(builder).await;
    let mut client = watched.connect().await;
    client.say("x").await;
    assert_eq!(fault(&mut watched).await, Fault::ColdStart(Duration::from_secs(60)));
    // More than an environment usually has to start; the gateway's own patience is over.
    clock.advance(Duration::from_secs(59));
    assert!(client.hear().await.starts_with(r#"{"message": "Endpoint request timed out", "#));
    client.say("y").await;
    let before = clock.now();
    clock.advance(Duration::from_secs(1));
    assert_eq!(client.hear().await, "y");
    assert_eq!(clock.now().since(before), Duration::from_secs(1));
    assert_eq!(watched.gateway.shutdown().await.environments, 1);
}

#[tokio::test]
async fn an_environment_that_is_not_needed_any_more_never_starts() {
    let clock = clock();
    let builder = scripted(&[]).clock(clock.clone()).faults(plan(&["cold-start:1h"]));
    let mut watched = start(builder).await;
    let mut client = watched.connect().await;
    client.say("x").await;
    fault(&mut watched).await;
    let report = watched.gateway.shutdown().await;
    assert_eq!((report.environments, report.failed_events), (0, 1));
}

#[tokio::test]
async fn an_environment_dies_when_its_work_is_done_and_the_next_event_gets_another() {
    let builder = scripted(&[]).environments(1).faults(plan(&["kill:every-2"]));
    let mut watched = start(builder).await;
    let mut client = watched.connect().await;
    let first = client.ask(r#"{"do":"pid"}"#).await;
    client.say(r#"{"do":"print","text":"work is done"}"#).await;
    assert_eq!(watched.printed("work ").await, "is done");
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    assert_ne!(client.ask(r#"{"do":"pid"}"#).await, first);
    let crash = watched
        .told(|event| match event {
            GatewayEvent::EnvironmentCrashed { events, .. } => Some(events),
            _ => None,
        })
        .await;
    assert_eq!(crash, 1);
}

#[tokio::test]
async fn an_answer_comes_later_on_the_gateways_clock() {
    let clock = clock();
    let watched = start(scripted(&[]).clock(clock.clone()).faults(plan(&["slow:5s"]))).await;
    let mut watched = watched;
    let mut client = watched.connect().await;
    client.say("x").await;
    assert_eq!(fault(&mut watched).await, Fault::SlowIntegration(Duration::from_secs(5)));
    clock.advance(Duration::from_secs(5));
    assert_eq!(client.hear().await, "x");
}

#[tokio::test]
async fn a_connection_is_gone_when_it_is_posted_to() {
    let mut watched = start(scripted(&["$disconnect"])).await;
    let (mut cut, mut kept) = (watched.connect().await, watched.connect().await);
    let (cut_id, kept_id) = (cut.id().await, kept.id().await);
    watched.gateway.inject(Fault::ConnectionCut);
    let gone = watched.manage("POST", &cut_id, "x").await;
    assert_eq!((gone.status, gone.header("x-amzn-errortype")), (410, Some("GoneException")));
    assert_eq!(watched.manage("POST", &kept_id, "y").await.status, 200);
    assert_eq!(cut.closed().await, (1001, "Going away".to_owned()));
    assert_eq!(kept.hear().await, "y");
    assert_eq!(watched.printed("disconnected ").await, "1001 \"Going away\"");
}

#[tokio::test]
async fn disconnect_is_lost_doubled_and_late() {
    let clock = clock();
    let mut watched = start(scripted(&["$disconnect"]).clock(clock.clone())).await;
    let late = Duration::from_secs(5);
    for (rule, told, times) in [
        ("drop-disconnect:x1", Fault::DisconnectLost, 0),
        ("duplicate-disconnect:x1", Fault::DisconnectTwice, 2),
        ("delay-disconnect:5s:x1", Fault::DisconnectLate(late), 1),
    ] {
        watched.gateway.faults().add(rule.parse().unwrap());
        drop(watched.connect().await);
        assert_eq!(fault(&mut watched).await, told);
        clock.advance(late);
        for _ in 0..times {
            assert_eq!(watched.printed("disconnected ").await, "1006 \"\"");
        }
    }
    assert_eq!(watched.gateway.shutdown().await.events, 3);
}

#[tokio::test]
async fn connections_are_made_two_hours_older_while_the_function_keeps_its_time() {
    let watched = start(scripted(&["$disconnect"])).await;
    let mut client = watched.connect().await;
    let mut watched = watched;
    assert_eq!(watched.gateway.age_connections(Duration::from_secs(7_200)).await, 1);
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert_eq!(watched.printed("disconnected ").await, "1001 \"Going away\"");
    let mut next = watched.connect().await;
    let event: serde_json::Value = serde_json::from_str(&next.ask(r#"{"do":"event"}"#).await).unwrap();
    let shown = event["requestContext"]["requestTimeEpoch"].as_u64().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    assert!(u128::from(shown) <= now, "the function is told of no time that has not come");
}
