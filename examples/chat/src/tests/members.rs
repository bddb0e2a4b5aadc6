//! The chat with a secret: who comes in, and by what name they go.

use super::{AppState, Chat};
use crate::login::Keys;
use jsonwebtoken::{EncodingKey, Header};
use lift_ws::auth::{JwtVerifier, MemoryTicketStore, Tickets};
use lift_ws::testing::{TestApp, TestClient};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const SECRET: &str = "a secret of thirty-two bytes or more";

fn members() -> TestApp<Chat> {
    let tokens = JwtVerifier::hs256(SECRET).audience("chat").build().unwrap();
    TestApp::new(AppState::new(Some(Keys {
        tokens,
        tickets: Tickets::new(MemoryTicketStore::new(), "chat"),
    })))
}

/// `life`: how long it is good, in seconds.
fn token(user: &str, life: i64) -> String {
    // the process says which provider signs; another crate of the build may have turned on a second one
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"sub": user, "aud": "chat", "exp": now.saturating_add_signed(life)});
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// As the page does it.
async fn log_in(app: &TestApp<Chat>, token: &str) -> Result<TestClient<Chat>, u16> {
    let offered = format!("chat.v1, bearer.{token}");
    app.connect().subprotocol(&offered).await.map_err(|refused| refused.status)
}

async fn joined(client: &TestClient<Chat>, name: &str) -> Value {
    client.send(json!({"action": "join", "room": "blue", "name": name})).await.json()
}

#[tokio::test]
async fn whoever_is_logged_in_goes_by_that_name_on_every_message() {
    let app = members();
    let (ann, bob) =
        (log_in(&app, &token("ann", 60)).await.unwrap(), log_in(&app, &token("bob", 60)).await.unwrap());
    assert_eq!(ann.subprotocol(), Some("chat.v1"));
    let me: Value = ann.send(json!({"action": "whoami"})).await.json();
    assert!(me["user"] == "ann" && me["until"].is_u64(), "{me}");
    joined(&ann, "ann").await;
    assert_eq!(
        joined(&bob, "ann").await["members"],
        json!(["ann", "bob"]),
        "what bob says he is called does not count"
    );
    for text in ["one", "two"] {
        bob.send(json!({"action": "say", "room": "blue", "text": text, "from": "ann", "name": "ann"})).await;
    }
    let [entered, one, two] = ann.received().try_into().unwrap();
    assert_eq!(entered["name"], "bob");
    assert_eq!((&one["from"], &two["from"]), (&json!("bob"), &json!("bob")));
}

#[tokio::test]
async fn nobody_comes_in_without_a_good_token() {
    let app = members();
    let good = token("ann", 60);
    let tampered = good.replace('.', ".e");
    for bad in [token("ann", -60), tampered, good.replacen("ey", "ez", 1), String::new(), "x".to_owned()] {
        assert_eq!(log_in(&app, &bad).await.unwrap_err(), 401, "{bad}");
    }
    assert_eq!(app.connect().await.unwrap_err().status, 401);
    assert_eq!(
        app.connect().query("token", &good).await.unwrap_err().status,
        401,
        "a token belongs in no URL"
    );
    assert!(app.records().is_empty());
}

#[tokio::test]
async fn a_second_window_comes_in_by_a_ticket_once_and_is_the_same_person() {
    let app = members();
    let (ann, bob) =
        (log_in(&app, &token("ann", 60)).await.unwrap(), log_in(&app, &token("bob", 60)).await.unwrap());
    let ticket: String = ann.send(json!({"action": "ticket"})).await.json();
    let second = app.connect().query("ticket", &ticket).subprotocol("chat.v1").await.unwrap();
    assert_eq!(app.connect().query("ticket", &ticket).await.unwrap_err().status, 401, "it is used up");
    assert_eq!(second.send(json!({"action": "whoami"})).await.json::<Value>()["user"], "ann");

    joined(&bob, "").await;
    joined(&ann, "").await;
    joined(&second, "").await;
    ann.disconnect().await;
    second.send(json!({"action": "leave", "room": "blue"})).await;
    let [entered, left] = bob.received().try_into().unwrap();
    assert_eq!(
        (&entered["type"], &left["type"]),
        (&json!("entered"), &json!("left")),
        "once with two windows"
    );
}

#[tokio::test]
async fn guests_need_no_ticket_and_get_none() {
    let guest = super::guests().connect().await.unwrap();
    assert_eq!(guest.send(json!({"action": "whoami"})).await.json::<Value>()["user"], Value::Null);
    let refused: Value = guest.send(json!({"action": "ticket"})).await.json();
    assert_eq!(refused["code"], "forbidden");
}

/// Within the 30 seconds by which clocks may differ a token still opens the door; messages go by the clock.
#[tokio::test]
async fn nobody_talks_after_the_end_of_the_login() {
    let ann = log_in(&members(), &token("ann", -5)).await.unwrap();
    let refused: Value = ann.send(json!({"action": "join", "room": "blue"})).await.json();
    assert_eq!(refused["code"], "session_expired");
}
