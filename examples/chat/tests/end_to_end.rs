//! The chat as it runs: the very binary, real sockets, a real DynamoDB, four environments.

use lift_ws::testing::{Fault, LocalGateway, SocketClient, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const ROOMS: [&str; 2] = ["red", "blue"];
const CHAT: &str = env!("CARGO_BIN_EXE_chat");

async fn join(client: &mut SocketClient, room: &str, name: &str) -> Value {
    client.send(json!({"action": "join", "room": room, "name": name})).await;
    client.next_where(|frame| frame["type"] == "joined").await
}

fn is(kind: &'static str, name: &str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == kind && (frame["name"] == name || frame["from"] == name)
}

/// §1: eight people in two rooms, one of them only in passing, served by four environments.
#[tokio::test]
async fn eight_people_chat_in_two_rooms() {
    let gateway = LocalGateway::of(CHAT).await;
    let mut people = Vec::new();
    for i in 0..8 {
        let (room, name) = (ROOMS[i % 2], format!("P{i}"));
        let mut client = gateway.connect("/").await.unwrap();
        let joined = join(&mut client, room, &name).await;
        let members: BTreeSet<&str> =
            joined["members"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let expected: BTreeSet<String> = (i % 2..=i).step_by(2).map(|j| format!("P{j}")).collect();
        assert_eq!(members, expected.iter().map(String::as_str).collect());
        people.push(client);
    }
    // everybody was told of everybody who came later
    for (i, client) in people.iter_mut().enumerate() {
        for later in (i + 2..8).step_by(2) {
            client.next_where(is("entered", &format!("P{later}"))).await;
        }
    }
    // all talk at once; each hears those of the own room, the own words too, and nobody else
    for (i, client) in people.iter_mut().enumerate() {
        client.send(json!({"action": "say", "room": ROOMS[i % 2], "text": format!("words of {i}")})).await;
    }
    for (i, client) in people.iter_mut().enumerate() {
        let mut heard = BTreeSet::new();
        while heard.len() < 4 {
            let said = client.next_where(|frame| frame["type"] == "said").await;
            assert_eq!(said["room"], ROOMS[i % 2]);
            assert!(heard.insert(said["text"].as_str().unwrap().to_owned()), "heard twice: {said}");
        }
        assert_eq!(heard, (i % 2..8).step_by(2).map(|j| format!("words of {j}")).collect());
    }
    // one leaves, one closes: the others of the room hear both
    people[0].send(json!({"action": "leave", "room": "red"})).await;
    people.remove(2).close().await;
    for i in [3, 5] {
        let mut left = BTreeSet::new();
        while left.len() < 2 {
            let frame = people[i].next_where(|frame| frame["type"] == "left").await;
            left.insert(frame["name"].as_str().unwrap().to_owned());
        }
        assert_eq!(left, BTreeSet::from(["P0".to_owned(), "P2".to_owned()]));
    }
    drop(people);
    gateway.shutdown().await;
}

/// Design §5: bad input gets an error frame, with the client's `id`, and the connection stays.
#[tokio::test]
async fn bad_input_is_answered_and_the_connection_stays() {
    let gateway = LocalGateway::of(CHAT).await;
    let mut ann = gateway.connect("/").await.unwrap();
    for (message, code) in [
        (json!({"action": "dance", "id": 1}), "unknown_action"),
        (json!({"action": "say", "room": "red", "text": "hi", "id": 2}), "not_in_room"),
        (json!({"action": "say", "room": "red", "id": 3}), "invalid_message"),
        (json!({"action": "join", "room": "", "name": "Ann", "id": 4}), "invalid_room"),
        (json!({"action": "join", "room": "red", "name": "x".repeat(33), "id": 5}), "invalid_name"),
        (json!({"action": ["say"], "id": 6}), "unknown_action"),
        (json!({"action": "$connect", "id": 7}), "unknown_action"),
        (json!({"action": "$disconnect", "id": 8}), "unknown_action"),
    ] {
        let id = message["id"].clone();
        ann.send(message).await;
        let error = ann.next_where(|frame| frame["type"] == "error").await;
        assert_eq!((&error["code"], &error["id"]), (&json!(code), &id));
        assert!(!error["requestId"].as_str().unwrap().is_empty());
    }
    // as deep as one frame can be, closed and not
    let (open, close) = ("[".repeat(15_000), "]".repeat(15_000));
    for deep in [
        format!("{open}{open}"),
        format!(r#"{{"action":"say","room":"red","text":{open}"#),
        format!(r#"{{"action":"say","room":"red","text":{open}{close}}}"#),
    ] {
        ann.send_text(deep).await;
        assert_eq!(ann.next_where(|frame| frame["type"] == "error").await["code"], "unknown_action");
    }
    ann.send_text("no json at all").await;
    assert_eq!(ann.next_where(|frame| frame["type"] == "error").await["code"], "unknown_action");
    assert_eq!(join(&mut ann, "red", "Ann").await["members"], json!(["Ann"]));
    let reply = {
        ann.send(json!({"action": "join", "room": "blue", "name": "Ann", "id": "k"})).await;
        ann.next_where(|frame| frame["type"] == "reply").await
    };
    assert_eq!(
        reply,
        json!({"type": "reply", "id": "k", "data": {"type": "joined", "room": "blue", "members": ["Ann"]}})
    );
    gateway.shutdown().await;
}

/// §7.3: one environment that takes several events at once.
#[tokio::test]
async fn one_concurrent_environment_serves_a_room() {
    let gateway = LocalGateway::of(CHAT).env("AWS_LAMBDA_MAX_CONCURRENCY", "8").environments(1).await;
    let mut people = Vec::new();
    for i in 0..6 {
        let mut client = gateway.connect("/").await.unwrap();
        join(&mut client, "green", &format!("P{i}")).await;
        people.push(client);
    }
    for (i, client) in people.iter_mut().enumerate() {
        client.send(json!({"action": "say", "room": "green", "text": format!("{i}")})).await;
    }
    for client in &mut people {
        let mut heard = BTreeSet::new();
        while heard.len() < 6 {
            let said = client.next_where(|frame| frame["type"] == "said").await;
            assert!(heard.insert(said["text"].as_str().unwrap().to_owned()), "heard twice: {said}");
        }
    }
    gateway.shutdown().await;
}

/// Who may come in, what the program logs, and what goes wrong on demand.
#[tokio::test]
async fn a_guest_is_refused_where_members_have_a_secret() {
    let gateway =
        LocalGateway::of(CHAT).env("CHAT_TOKEN_SECRET", "a secret of thirty-two bytes or more").await;
    let refusal = gateway.connect("/").subprotocol("chat.v1").await.unwrap_err();
    assert_eq!((refusal.status, refusal.reason.as_deref()), (401, Some("$connect: 401")), "{refusal}");
    gateway.finished_with(|event| event.route_key == "$connect").await;
    gateway.inject(Fault::Forbidden);
    let refusal = gateway.connect("/").await.unwrap_err();
    assert_eq!(refusal.status, 403);
    assert!(refusal.reason.unwrap().starts_with("fault on demand: forbid-connects"));
    assert_eq!(gateway.finished().len(), 1, "the program was not asked");
    gateway.shutdown().await;
}

/// §6.2: a connection that is idle too long is closed, and its `$disconnect` runs.
#[tokio::test]
async fn an_idle_connection_is_closed_and_the_room_hears_of_it() {
    let gateway = LocalGateway::of(CHAT).await;
    let mut ann = gateway.connect("/").subprotocol("chat.v1").await.unwrap();
    assert_eq!(ann.subprotocol(), Some("chat.v1"));
    join(&mut ann, "red", "Ann").await;
    gateway.age_connections(Duration::from_secs(600)).await;
    assert_eq!(ann.closed().await, (1001, "Going away".to_owned()));
    let bye = gateway.finished_with(|event| event.route_key == "$disconnect").await;
    assert_eq!(bye.verdict, Verdict::Status(200));
    gateway.shutdown().await;
}
