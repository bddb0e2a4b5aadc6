//! The chat without sockets: what a user's test of a flow looks like.

mod members;
mod time;

use super::{AppState, Chat};
use lift_ws::testing::{TestApp, TestClient, TestEvent};
use serde_json::{Value, json};
use std::time::Duration;

/// The chat without a secret.
fn guests() -> TestApp<Chat> {
    TestApp::new(AppState::new(None))
}

/// Older than a handshake can be: who is gone at this age is removed.
async fn joined(app: &TestApp<Chat>, name: &str) -> TestClient<Chat> {
    let client = app.connect().ago(Duration::from_secs(60)).await.unwrap();
    client.send(json!({"action": "join", "room": "blue", "name": name})).await;
    client
}

#[tokio::test]
async fn people_in_a_room_hear_each_other_come_talk_and_go() {
    let app = guests();
    let (ann, bob) = (joined(&app, "Ann").await, joined(&app, "Bob").await);
    bob.send(json!({"action": "say", "room": "blue", "text": "hi"})).await;
    bob.disconnect().await;
    let [entered, said, left] = ann.received().try_into().unwrap();
    assert_eq!(entered, json!({"type": "entered", "room": "blue", "name": "Bob"}));
    assert_eq!(said, json!({"type": "said", "room": "blue", "from": "Bob", "text": "hi"}));
    assert_eq!(left, json!({"type": "left", "room": "blue", "name": "Bob"}));
}

#[tokio::test]
async fn the_joiner_is_told_who_is_there() {
    let app = guests();
    let _ann = joined(&app, "Ann").await;
    let bob = app.connect().await.unwrap();
    let reply: Value = bob.send(json!({"action": "join", "room": "blue", "name": "Bob"})).await.json();
    assert_eq!(reply, json!({"type": "joined", "room": "blue", "members": ["Ann", "Bob"]}));
}

#[tokio::test]
async fn who_leaves_hears_nothing_more_and_cannot_talk() {
    let app = guests();
    let (ann, bob) = (joined(&app, "Ann").await, joined(&app, "Bob").await);
    ann.received();
    ann.send(json!({"action": "leave", "room": "blue"})).await;
    bob.send(json!({"action": "say", "room": "blue", "text": "alone?"})).await;
    assert!(ann.received().is_empty());
    ann.send(json!({"action": "say", "room": "blue", "text": "psst", "id": 1})).await;
    let [error] = ann.received().try_into().unwrap();
    assert_eq!((&error["code"], &error["id"]), (&json!("not_in_room"), &json!(1)));
}

/// How often `name` left, by what a client received.
fn departures(received: &[Value], name: &str) -> usize {
    let left = json!({"type": "left", "room": "blue", "name": name});
    received.iter().filter(|message| **message == left).count()
}

#[tokio::test]
async fn who_vanishes_leaves_once_and_a_late_disconnect_adds_nothing() {
    let app = guests();
    let (ann, bob) = (joined(&app, "Ann").await, joined(&app, "Bob").await);
    bob.vanish();
    ann.send(json!({"action": "say", "room": "blue", "text": "Bob?"})).await;
    let received = ann.received();
    assert_eq!(departures(&received, "Bob"), 1, "{received:?}");
    let late = TestEvent::disconnect(1001, "Going away").connection_id(bob.id());
    app.invoke(&late.to_bytes()).await.unwrap();
    ann.send(json!({"action": "say", "room": "blue", "text": "Bob!"})).await;
    assert_eq!(departures(&ann.received(), "Bob"), 0);
}

#[tokio::test]
async fn a_departure_that_finds_others_gone_announces_each_once() {
    let app = guests();
    let ann = joined(&app, "Ann").await;
    let (bob, eve, joe) = (joined(&app, "Bob").await, joined(&app, "Eve").await, joined(&app, "Joe").await);
    eve.vanish();
    joe.vanish();
    bob.disconnect().await;
    let received = ann.received();
    for name in ["Bob", "Eve", "Joe"] {
        assert_eq!(departures(&received, name), 1, "{name} in {received:?}");
    }
    assert_eq!(app.records().len(), 1);
}

#[tokio::test]
async fn bad_input_gets_an_error_frame_that_names_it() {
    let app = guests();
    let ann = app.connect().await.unwrap();
    let long = "x".repeat(2_001);
    for (message, code) in [
        (json!({"action": "dance"}), "unknown_action"),
        (json!({"action": "say", "room": "blue"}), "invalid_message"),
        (json!({"action": "say", "room": "blue", "text": ""}), "invalid_text"),
        (json!({"action": "say", "room": "blue", "text": long}), "invalid_text"),
        (json!("just a text"), "unknown_action"),
    ] {
        ann.send(message).await;
        assert_eq!(ann.received()[0]["code"], code);
    }
    for room in [json!(""), json!(" "), json!(7), json!("r".repeat(65))] {
        let reply: Value = ann.send(json!({"action": "join", "room": room, "name": "Ann"})).await.json();
        assert_eq!(reply["type"], "error", "{room}");
    }
}
