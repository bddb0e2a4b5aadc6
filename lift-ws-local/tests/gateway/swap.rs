//! A new build takes over while sockets stay open.

use crate::client::{manifest, scripted, start};
use crate::function::function;

const VERSION: &str = r#"{"do":"variable","name":"VERSION"}"#;

#[tokio::test]
async fn new_events_go_to_the_new_function_on_the_same_socket() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    assert_eq!(client.ask(VERSION).await, "(not set)");
    watched.gateway.replace(function().env("VERSION", "2"), None).await.unwrap();
    assert_eq!(client.ask(VERSION).await, "2");
}

#[tokio::test]
async fn an_event_that_is_under_way_is_finished_by_the_old_environment() {
    let mut watched = start(scripted(&[]).environments(1)).await;
    let mut client = watched.connect().await;
    client.say(r#"{"do":"sleep","ms":300}"#).await;
    let old = watched.printed("sleeping ").await;
    client.socket.get_mut();
    let mut other = watched.connect().await;
    watched.gateway.replace(function().env("VERSION", "2"), None).await.unwrap();
    // The maximum of one environment does not make the new one wait for the old.
    assert_eq!(other.ask(VERSION).await, "2");
    assert_eq!(client.hear().await, old);
}

#[tokio::test]
async fn a_new_manifest_changes_the_routes_of_open_connections() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let route = async |client: &mut crate::client::Client| {
        let event = client.ask(r#"{"action":"new","do":"event"}"#).await;
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        event["requestContext"]["routeKey"].as_str().unwrap().to_owned()
    };
    assert_eq!(route(&mut client).await, "$default");
    watched.gateway.replace(function(), Some(&manifest(&["new"]))).await.unwrap();
    assert_eq!(route(&mut client).await, "new");
}
