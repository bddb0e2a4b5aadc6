//! The function is asked who may connect, over real sockets and in real processes (contract §4).

use std::collections::HashSet;

use lift_ws_local::core::{EventType, Finished, Verdict};
use lift_ws_local::{GatewayEvent, LocalGateway, LocalGatewayBuilder};
use serde_json::{Value, json};

use crate::client::{Client, Watched, guarded, manifest, refused, scripted, start};
use crate::function::function;

fn asking(more_routes: &[&str]) -> LocalGatewayBuilder {
    LocalGateway::builder(guarded(more_routes), function())
}

/// `requestContext.authorizer` of a message's event.
async fn identity(client: &mut Client) -> Value {
    let event: Value = serde_json::from_str(&client.ask(r#"{"do":"event"}"#).await).unwrap();
    event["requestContext"]["authorizer"].clone()
}

/// The next line about an authorizer.
async fn judged(watched: &mut Watched) -> Finished {
    watched
        .told(|event| match event {
            GatewayEvent::Finished(finished) if finished.event_type == EventType::Authorizer => {
                Some(finished)
            }
            _ => None,
        })
        .await
}

fn kill(pid: &str) {
    assert!(std::process::Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
}

#[tokio::test]
async fn whom_the_authorizer_names_is_on_every_event_of_the_connection() {
    let mut watched = start(asking(&["$connect", "$disconnect"])).await;
    let mut client = watched.connect_with("?token=ann&print=authorizer").await.unwrap();
    let asked = watched.printed("asked ").await;
    let expected = json!({ "asked": asked, "principalId": "ann" });
    assert_eq!(watched.printed("entered ").await, expected.to_string());
    assert_eq!(identity(&mut client).await, expected);
    client.socket.close(None).await.unwrap();
    assert_eq!(watched.printed("left ").await, expected.to_string());
}

#[tokio::test]
async fn whoever_the_authorizer_does_not_let_in_is_refused_and_connect_does_not_run() {
    let mut watched = start(asking(&["$connect"])).await;
    for (query, status) in [
        ("?token=nobody", 403),
        ("?token=rest", 403),
        ("?token=unknown", 401),
        ("?token=broken", 500),
        ("?token=status", 500),
        ("?token=crash", 500),
        ("?token=", 401),
        ("", 401),
    ] {
        assert_eq!(refused(watched.connect_with(query).await), status, "{query}");
        match judged(&mut watched).await.verdict {
            Verdict::Refused { status: told, .. } => assert_eq!(told, status, "{query}"),
            Verdict::FunctionError { .. } | Verdict::Malformed { .. } => assert_eq!(status, 500, "{query}"),
            other => panic!("{query}: {other:?}"),
        }
    }
    let (report, _) = watched.shutdown().await;
    // Eight questions, two of them unasked, three of them failures, and no `$connect` behind them.
    assert_eq!((report.events, report.failed_events), (8, 3));
}

#[tokio::test]
async fn without_its_identity_source_no_process_is_even_started() {
    let watched = start(asking(&["$connect"])).await;
    assert_eq!(refused(watched.connect_with("?Token=ann").await), 401);
    assert_eq!(watched.gateway.shutdown().await.environments, 0);
}

#[tokio::test]
async fn handshakes_at_once_are_asked_about_in_several_processes_and_are_not_mixed_up() {
    let watched = start(asking(&["$connect"]).environments(4)).await;
    let names: Vec<String> = (0..12).map(|number| format!("user-{number}")).collect();
    let connect = async |name: &String| {
        let mut client = watched.connect_with(&format!("?token={name}")).await.unwrap();
        let identity = identity(&mut client).await;
        assert_eq!(identity["principalId"], **name);
        identity["asked"].as_str().unwrap().to_owned()
    };
    let asked: HashSet<String> =
        futures_util::future::join_all(names.iter().map(connect)).await.into_iter().collect();
    assert!(asked.len() > 1, "{asked:?}");
}

#[tokio::test]
async fn with_one_environment_authorizer_and_connect_take_turns() {
    let watched = start(asking(&["$connect", "$disconnect"]).environments(1)).await;
    let names: Vec<String> = (0..12).map(|number| format!("user-{number}")).collect();
    let connect = async |name: &String| {
        let mut client = watched.connect_with(&format!("?token={name}")).await.unwrap();
        assert_eq!(identity(&mut client).await["principalId"], **name);
        client.socket.close(None).await.unwrap();
    };
    futures_util::future::join_all(names.iter().map(connect)).await;
    assert_eq!(watched.gateway.shutdown().await.environments, 1);
}

#[tokio::test]
async fn an_authorizer_that_is_killed_refuses_its_client_and_no_other() {
    let mut watched = start(asking(&["$connect"]).environments(2)).await;
    let url = format!("{}?token=endless", watched.gateway.url());
    let held = tokio::spawn(async move { tokio_tungstenite::connect_async(url).await.map(|_| ()) });
    let pid = watched.printed("asked ").await;
    let mut other = watched.connect_with("?token=ann").await.unwrap();
    assert!(!held.is_finished(), "the others do not wait for it");
    kill(&pid);
    match held.await.unwrap() {
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 500),
        other => panic!("not refused, but {other:?}"),
    }
    assert_eq!(identity(&mut other).await["principalId"], "ann");
    let failed = loop {
        if let Verdict::FunctionError { message } = judged(&mut watched).await.verdict {
            break message;
        }
    };
    assert!(failed.contains("signal 9"), "{failed}");
}

#[tokio::test]
async fn a_client_that_leaves_while_the_authorizer_is_asked_gets_its_disconnect() {
    let mut watched = start(asking(&["$connect", "$disconnect"])).await;
    let url = format!("{}?token=slow", watched.gateway.url());
    let client = tokio::spawn(async move { tokio_tungstenite::connect_async(url).await.map(|_| ()) });
    watched.printed("asked ").await;
    client.abort();
    assert_eq!(watched.printed("disconnected ").await, "1006 \"\"");
    assert!(watched.printed("left ").await.contains(r#""principalId":"slow""#));
}

#[tokio::test]
async fn a_swap_while_the_authorizer_is_asked_leaves_the_connect_to_the_new_function() {
    let mut watched = start(asking(&["$connect"]).environments(1)).await;
    let url = format!("{}?token=slow&print=authorizer", watched.gateway.url());
    let client = tokio::spawn(async move { tokio_tungstenite::connect_async(url).await.map(|_| ()) });
    let old = watched.printed("asked ").await;
    watched.gateway.replace(function().env("VERSION", "2"), None).await.unwrap();
    assert!(watched.printed("entered ").await.contains(&format!(r#""asked":"{old}""#)));
    client.await.unwrap().unwrap();
    let mut other = watched.connect_with("?token=ann").await.unwrap();
    assert_eq!(other.ask(r#"{"do":"variable","name":"VERSION"}"#).await, "2");
}

#[tokio::test]
async fn a_new_manifest_brings_and_takes_the_authorizer() {
    let watched = start(scripted(&[])).await;
    let mut before = watched.connect().await;
    watched.gateway.replace(function(), Some(&guarded(&[]))).await.unwrap();
    assert_eq!(refused(watched.connect_with("").await), 401);
    let mut ann = watched.connect_with("?token=ann").await.unwrap();
    watched.gateway.replace(function(), Some(&manifest(&[]))).await.unwrap();
    let mut after = watched.connect().await;
    assert_eq!(identity(&mut ann).await["principalId"], "ann");
    assert_eq!((identity(&mut before).await, identity(&mut after).await), (Value::Null, Value::Null));
}
