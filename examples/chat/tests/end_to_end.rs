//! The chat as it runs: the very binary, real sockets, a real DynamoDB, four environments.

use futures_util::{SinkExt, StreamExt};
use lift_ws_local::core::Manifest;
use lift_ws_local::{Function, LocalGateway};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const ROOMS: [&str; 2] = ["red", "blue"];
const CHAT: &str = env!("CARGO_BIN_EXE_chat");
/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

async fn gateway() -> LocalGateway {
    gateway_of(Function::new(CHAT), 4).await
}

async fn gateway_of(function: Function, environments: usize) -> LocalGateway {
    let described = Command::new(CHAT).env("LIFT_WS_DESCRIBE", "1").output().unwrap();
    let manifest = Manifest::parse(std::str::from_utf8(&described.stdout).unwrap()).unwrap();
    LocalGateway::builder(manifest, function).environments(environments).start().await.unwrap()
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(gateway: &LocalGateway) -> Self {
        let (socket, _) = connect_async(gateway.url()).await.unwrap();
        Client(socket)
    }

    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next frame that `wanted` accepts; others are passed over, since frames may come in any order.
    async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let frames = async {
            while let Some(frame) = self.0.next().await {
                if let Message::Text(text) = frame.unwrap() {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if wanted(&frame) {
                        return frame;
                    }
                }
            }
            panic!("the connection has ended")
        };
        tokio::time::timeout(PATIENCE, frames).await.expect("the frame did not come")
    }

    async fn join(&mut self, room: &str, name: &str) -> Value {
        self.send(json!({"action": "join", "room": room, "name": name})).await;
        self.wait_for(|frame| frame["type"] == "joined").await
    }
}

fn is(kind: &'static str, name: &str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == kind && (frame["name"] == name || frame["from"] == name)
}

/// §1: eight people in two rooms, one of them only in passing, served by four environments.
#[tokio::test]
async fn eight_people_chat_in_two_rooms() {
    let gateway = gateway().await;
    let mut people = Vec::new();
    for i in 0..8 {
        let (room, name) = (ROOMS[i % 2], format!("P{i}"));
        let mut client = Client::connect(&gateway).await;
        let joined = client.join(room, &name).await;
        let members: BTreeSet<&str> =
            joined["members"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let expected: BTreeSet<String> = (i % 2..=i).step_by(2).map(|j| format!("P{j}")).collect();
        assert_eq!(members, expected.iter().map(String::as_str).collect());
        people.push(client);
    }
    // everybody was told of everybody who came later
    for (i, client) in people.iter_mut().enumerate() {
        for later in (i + 2..8).step_by(2) {
            client.wait_for(is("entered", &format!("P{later}"))).await;
        }
    }
    // all talk at once; each hears those of the own room, the own words too, and nobody else
    for (i, client) in people.iter_mut().enumerate() {
        client.send(json!({"action": "say", "room": ROOMS[i % 2], "text": format!("words of {i}")})).await;
    }
    for (i, client) in people.iter_mut().enumerate() {
        let mut heard = BTreeSet::new();
        while heard.len() < 4 {
            let said = client.wait_for(|frame| frame["type"] == "said").await;
            assert_eq!(said["room"], ROOMS[i % 2]);
            assert!(heard.insert(said["text"].as_str().unwrap().to_owned()), "heard twice: {said}");
        }
        assert_eq!(heard, (i % 2..8).step_by(2).map(|j| format!("words of {j}")).collect());
    }
    // one leaves, one closes: the others of the room hear both
    people[0].send(json!({"action": "leave", "room": "red"})).await;
    let mut second = people.remove(2);
    second.0.close(None).await.unwrap();
    for i in [3, 5] {
        let mut left = BTreeSet::new();
        while left.len() < 2 {
            let frame = people[i].wait_for(|frame| frame["type"] == "left").await;
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
    let gateway = gateway().await;
    let mut ann = Client::connect(&gateway).await;
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
        let error = ann.wait_for(|frame| frame["type"] == "error").await;
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
        ann.0.send(Message::text(deep)).await.unwrap();
        assert_eq!(ann.wait_for(|frame| frame["type"] == "error").await["code"], "unknown_action");
    }
    ann.0.send(Message::text("no json at all")).await.unwrap();
    assert_eq!(ann.wait_for(|frame| frame["type"] == "error").await["code"], "unknown_action");
    assert_eq!(ann.join("red", "Ann").await["members"], json!(["Ann"]));
    let reply = {
        ann.send(json!({"action": "join", "room": "blue", "name": "Ann", "id": "k"})).await;
        ann.wait_for(|frame| frame["type"] == "reply").await
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
    let gateway = gateway_of(Function::new(CHAT).env("AWS_LAMBDA_MAX_CONCURRENCY", "8"), 1).await;
    let mut people = Vec::new();
    for i in 0..6 {
        let mut client = Client::connect(&gateway).await;
        client.join("green", &format!("P{i}")).await;
        people.push(client);
    }
    for (i, client) in people.iter_mut().enumerate() {
        client.send(json!({"action": "say", "room": "green", "text": format!("{i}")})).await;
    }
    for client in &mut people {
        let mut heard = BTreeSet::new();
        while heard.len() < 6 {
            let said = client.wait_for(|frame| frame["type"] == "said").await;
            assert!(heard.insert(said["text"].as_str().unwrap().to_owned()), "heard twice: {said}");
        }
    }
    gateway.shutdown().await;
}
