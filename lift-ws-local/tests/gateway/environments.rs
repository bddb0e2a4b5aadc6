//! Environments are processes: how they are started, replaced and ended.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use lift_ws_local::clock::{Clock, ManualClock};
use lift_ws_local::core::{Moment, Verdict};
use lift_ws_local::{Function, GatewayEvent, LocalGateway};

use crate::client::{Watched, manifest, refused, scripted, start};
use crate::function::function;

const INTERNAL_SERVER_ERROR: &str = r#"{"message": "Internal server error", "#;
const TIMED_OUT: &str = r#"{"message": "Endpoint request timed out", "#;

fn clock() -> ManualClock {
    ManualClock::starting_at(Moment::from_millis(1_777_976_430_100))
}

/// What the environment says that did not start.
async fn init_failure(watched: &mut Watched) -> (String, Vec<String>) {
    watched
        .told(|event| match event {
            GatewayEvent::InitFailed { reason, stderr, .. } => Some((reason, stderr)),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn events_that_come_together_go_to_different_processes_up_to_the_maximum() {
    let watched = start(scripted(&[]).environments(2)).await;
    let mut client = watched.connect().await;
    for _ in 0..6 {
        client.say(r#"{"do":"sleep","ms":20}"#).await;
    }
    let mut processes = HashSet::new();
    for _ in 0..6 {
        processes.insert(client.hear().await);
    }
    assert_eq!(processes.len(), 2);
    assert_eq!(watched.gateway.shutdown().await.environments, 2);
}

#[tokio::test]
async fn an_event_alone_starts_one_environment_and_the_next_uses_it_again() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let first = client.ask(r#"{"do":"pid"}"#).await;
    assert_eq!(client.ask(r#"{"do":"pid"}"#).await, first);
    assert_eq!(watched.gateway.shutdown().await.environments, 1);
}

#[tokio::test]
async fn a_crash_in_the_middle_of_an_event_gives_the_error_frame_and_the_next_event_works() {
    let mut watched = start(scripted(&[]).environments(1)).await;
    let mut client = watched.connect().await;
    let before = client.ask(r#"{"do":"pid"}"#).await;
    client.say(r#"{"do":"crash"}"#).await;
    client.say(r#"{"do":"pid"}"#).await;
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    assert_ne!(client.hear().await, before);
    let crash = watched
        .told(|event| match event {
            GatewayEvent::EnvironmentCrashed { how, events, .. } => Some((how, events)),
            _ => None,
        })
        .await;
    assert_eq!(crash, ("exited with status 3".to_owned(), 1));
}

#[tokio::test]
async fn a_process_that_is_killed_from_outside_is_replaced() {
    let mut watched = start(scripted(&[]).environments(1)).await;
    let mut client = watched.connect().await;
    client.say(r#"{"do":"sleep","ms":60000}"#).await;
    let pid = watched.printed("sleeping ").await;
    let kill = std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap();
    assert!(kill.success());
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    assert_ne!(client.ask(r#"{"do":"pid"}"#).await, pid);
}

#[tokio::test]
async fn a_program_that_ends_before_its_first_poll_is_quoted_and_not_started_in_a_loop() {
    let function = function().env("FAIL_TO_START", "no such file: config.toml");
    let mut watched = start(LocalGateway::builder(manifest(&["$connect"]), function)).await;
    for _ in 0..2 {
        assert_eq!(refused(watched.connect_with("").await), 502);
        let (reason, stderr) = init_failure(&mut watched).await;
        assert_eq!(reason, "it exited with status 7 before it asked for its first event");
        assert!(stderr.contains(&"no such file: config.toml".to_owned()), "{stderr:?}");
        let verdict = watched.finished("$connect").await.verdict;
        assert!(matches!(verdict, Verdict::Unavailable { message } if message.contains("status 7")));
    }
    // Once for each event, and not once more.
    assert_eq!(watched.gateway.shutdown().await.environments, 2);
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() {
    let mut watched =
        start(LocalGateway::builder(manifest(&["$connect"]), Function::new("no-such-program"))).await;
    assert_eq!(refused(watched.connect_with("").await), 502);
    let (reason, _) = init_failure(&mut watched).await;
    assert!(reason.starts_with("there is no program `no-such-program`: "), "{reason}");
}

#[tokio::test]
async fn a_program_that_never_polls_is_ended_after_ten_seconds_of_the_gateways_clock() {
    let clock = clock();
    let program = Function::new("/bin/sh").args(["-c", "echo up >&2; exec sleep 1000"]);
    let builder = LocalGateway::builder(manifest(&[]), program).clock(clock.clone());
    let mut watched = start(builder).await;
    let mut client = watched.connect().await;
    client.say("x").await;
    watched.printed("up").await;
    clock.advance(Duration::from_secs(10));
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    let (reason, stderr) = init_failure(&mut watched).await;
    assert_eq!(reason, "it did not ask for its first event within 10 s");
    assert_eq!(stderr, ["up"]);
}

#[tokio::test]
async fn the_gateway_gives_up_first_and_lambda_ends_the_environment_a_second_later() {
    let clock = clock();
    let mut watched = start(scripted(&[]).environments(1).clock(clock.clone())).await;
    let mut client = watched.connect().await;
    client.say(r#"{"do":"sleep","ms":600000}"#).await;
    let before = watched.printed("sleeping ").await;
    clock.advance(Duration::from_secs(29));
    assert!(client.hear().await.starts_with(TIMED_OUT));
    clock.advance(Duration::from_secs(1));
    assert_ne!(client.ask(r#"{"do":"pid"}"#).await, before);
}

#[tokio::test]
async fn functions_see_what_lambda_would_set_and_where_the_gateway_is() {
    let watched = start(scripted(&[]).stage("prod")).await;
    let mut client = watched.connect().await;
    let callback_url = format!("http://127.0.0.1:{}/prod", watched.gateway.port());
    for (name, expected) in [
        ("LIFT_WS_CALLBACK_URL", callback_url.as_str()),
        ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", &callback_url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "scripted"),
        ("LIFT_WS_TABLE", "(not set)"),
        ("LIFT_WS_LOG", "human"),
    ] {
        let question = format!(r#"{{"do":"variable","name":"{name}"}}"#);
        assert_eq!(client.ask(&question).await, expected, "{name}");
    }
    let database = client.ask(r#"{"do":"variable","name":"AWS_ENDPOINT_URL_DYNAMODB"}"#).await;
    assert!(database.starts_with("http://127.0.0.1:"), "{database}");
}

#[tokio::test]
async fn what_functions_print_is_told_line_by_line() {
    let mut watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    client.say(r#"{"do":"print","text":"out: hello"}"#).await;
    assert_eq!(watched.printed("out: ").await, "hello");
}

#[tokio::test]
async fn shutdown_runs_disconnect_and_leaves_no_process_behind() {
    let watched = start(scripted(&["$disconnect"])).await;
    let mut client = watched.connect().await;
    let pid = client.ask(r#"{"do":"pid"}"#).await;
    assert!(Path::new("/proc").join(&pid).exists());
    let (report, mut after) = watched.shutdown().await;
    assert_eq!((report.events, report.failed_events), (2, 0));
    assert_eq!(after.printed("disconnected ").await, "1001 \"Going away\"");
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert!(!Path::new("/proc").join(&pid).exists());
}

#[tokio::test]
async fn many_gateways_live_side_by_side() {
    let mut all = Vec::new();
    for number in 0..4 {
        let builder = LocalGateway::builder(manifest(&[]), function().env("NUMBER", number.to_string()));
        all.push(start(builder).await);
    }
    for (number, watched) in all.iter().enumerate() {
        let mut client = watched.connect().await;
        let heard = client.ask(r#"{"do":"variable","name":"NUMBER"}"#).await;
        assert_eq!(heard, number.to_string());
    }
}

#[tokio::test]
async fn a_manual_clock_decides_what_time_events_show() {
    let clock = clock();
    let watched = start(scripted(&[]).clock(clock.clone())).await;
    let mut client = watched.connect().await;
    let event: serde_json::Value = serde_json::from_str(&client.ask(r#"{"do":"event"}"#).await).unwrap();
    assert_eq!(event["requestContext"]["connectedAt"], clock.now().as_millis());
}
