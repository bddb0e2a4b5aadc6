//! What the run time promises around a handler: design §4 (life of a connection) and §5 (errors, replies, bad input).

use lift_ws::event::OtherEvent;
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;
use lift_ws::testing::{Refused, TestApp, TestEvent};
use lift_ws::{Invocation, Service};
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[ws_route("$connect")]
async fn connect(Query(hello): Query<Hello>) -> Result<Accept, Reject> {
    match hello.name.as_str() {
        "nobody" => Err(Reject::forbidden().because("nobody is a secret word")),
        "broken" => Ok(Accept::new().attributes(&std::collections::BTreeMap::from([(vec![1], 1)]))),
        name => Ok(Accept::new().user(name).group("all").subprotocol("v1")),
    }
}

#[ws_route("panic")]
async fn panics(Json(number): Json<Value>) -> Json<u64> {
    assert!(number["n"] == 0, "a secret of the server");
    Json(1)
}

#[ws_route("fail")]
async fn fail() -> Result<(), Error> {
    Err(std::io::Error::other("a secret of the server"))?
}

#[ws_route("whoami")]
async fn whoami(me: Connection<'_>) -> Json<String> {
    Json(me.user().unwrap_or("guest").to_owned())
}

#[ws_route("large")]
async fn large(Json(wanted): Json<Value>) -> Json<String> {
    Json("x".repeat(wanted["bytes"].as_u64().unwrap_or(0) as usize))
}

#[ws_route("close")]
async fn close(conns: Connections, id: ConnectionId<'_>) -> Result<(), Error> {
    conns.disconnect(id).await?;
    Ok(())
}

#[ws_route("$disconnect")]
async fn bye(conns: Connections, me: Connection<'_>) -> Result<(), Error> {
    conns.group("all").send(&json!({"left": me.user()})).await?;
    Ok(())
}

#[ws_app(routes = [connect, panics, fail, whoami, large, close, bye])]
struct App;

#[tokio::test]
async fn a_refused_connect_is_not_stored() {
    let app = TestApp::<App>::new(());
    assert_eq!(app.connect().query("name", "nobody").await.unwrap_err(), Refused { status: 403 });
    assert_eq!(app.connect().await.unwrap_err().status, 400, "the query lacks the name");
    assert_eq!(app.connect().query("name", "broken").await.unwrap_err().status, 500, "cannot be serialised");
    assert!(app.records().is_empty());
}

#[tokio::test]
async fn an_accepted_connect_is_stored_with_what_it_said() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").subprotocol("v1").await.unwrap();
    assert_eq!(ann.subprotocol(), Some("v1"));
    let [record] = app.records().try_into().unwrap();
    assert_eq!((record.connection_id(), record.user()), (ann.id(), Some("Ann")));
    assert!(record.is_in("all"));
    assert_eq!(ann.send(json!({"action": "whoami"})).await.json::<String>(), "Ann");
}

#[tokio::test]
async fn a_panic_is_an_error_of_this_event_alone() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").await.unwrap();
    let error: Value = ann.send(json!({"action": "panic", "n": 1, "id": 5})).await.json();
    assert_eq!((&error["code"], &error["id"]), (&json!("internal_error"), &json!(5)));
    assert!(!error.to_string().contains("secret"));
    assert_eq!(ann.send(json!({"action": "panic", "n": 0})).await.json::<u64>(), 1, "the next event works");
}

#[tokio::test]
async fn an_error_on_a_one_way_route_is_posted_without_its_cause_and_not_without_end() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").await.unwrap();
    assert!(ann.send(json!({"action": "fail", "id": "k"})).await.is_none());
    let [error] = ann.received().try_into().unwrap();
    assert_eq!(
        (&error["type"], &error["code"], &error["id"]),
        (&json!("error"), &json!("internal_error"), &json!("k"))
    );
    assert!(!error.to_string().contains("secret") && error["requestId"].is_string());
    for _ in 0..100 {
        ann.send(json!({"action": "fail"})).await;
    }
    let posted = ann.received().len();
    assert!((19..25).contains(&posted), "{posted} frames after a burst of 20");
}

#[tokio::test]
async fn the_record_is_seen_by_one_disconnect_and_gone() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").await.unwrap();
    let bob = app.connect().query("name", "Bob").await.unwrap();
    let event = TestEvent::disconnect(1001, "").connection_id(bob.id());
    bob.vanish();
    for _ in 0..2 {
        assert_eq!(app.invoke(&event.to_bytes()).await.unwrap(), json!({"statusCode": 200}));
    }
    assert_eq!(ann.received(), [json!({"left": "Bob"})]);
    assert_eq!(app.records().len(), 1);
}

#[tokio::test]
async fn a_message_of_an_unknown_connection_says_so() {
    let app = TestApp::<App>::new(());
    let event = TestEvent::message("whoami", "{}").connection_id("Nobody=");
    let answer = app.invoke(&event.to_bytes()).await.unwrap();
    assert_eq!(answer["statusCode"], 200);
    assert!(answer["body"].as_str().unwrap().contains("unknown_connection"));
}

#[tokio::test]
async fn a_connection_that_the_app_closes_is_told_and_forgotten() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").await.unwrap();
    ann.send(json!({"action": "close"})).await;
    assert!(!ann.is_open() && app.records().is_empty());
}

#[tokio::test]
async fn a_reply_above_the_quota_is_an_error_frame() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").await.unwrap();
    let reply: Value = ann.send(json!({"action": "large", "bytes": 200_000})).await.json();
    assert_eq!(reply["code"], "reply_too_large");
    assert_eq!(ann.send(json!({"action": "large", "bytes": 100_000})).await.json::<String>().len(), 100_000);
}

/// §2: the event type decides first; a client may send any route key.
#[tokio::test]
async fn a_message_never_runs_a_predefined_lifecycle_route() {
    let app = TestApp::<App>::new(());
    let ann = app.connect().query("name", "Ann").await.unwrap();
    for key in ["$connect", "$disconnect"] {
        let event = TestEvent::message(key, "{}").connection_id(ann.id());
        assert_eq!(app.invoke(&event.to_bytes()).await.unwrap()["statusCode"], 200);
    }
    assert_eq!(app.records().len(), 1, "the record was not removed");
}

#[tokio::test]
async fn a_failed_save_refuses_the_handshake() {
    let connections = Connections::new(tombstoned().await, RecordingPoster::new());
    let service = Service::<App>::new(()).with_connections(connections);
    let event = TestEvent::connect().query("name", "Ann").connection_id("Late=").to_bytes();
    let mut answer = Vec::new();
    service.respond(&event, Invocation::default(), &mut answer).await.unwrap();
    assert_eq!(answer, br#"{"statusCode":503}"#);
}

/// A store in which the connection has closed already.
async fn tombstoned() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let connections = Connections::new(Arc::clone(&store), RecordingPoster::new()).bind("test", "test");
    assert!(connections.departed("Late=").await.unwrap().is_none());
    store
}

#[ws_route("note")]
async fn note(Json(_): Json<Hello>) {}

#[ws_middleware]
async fn known(_: Connection<'_>, next: impl Next) -> Reply {
    next.run().await
}

#[ws_app(middleware = [known], routes = [whoami])]
struct Implied;

/// No handler for `$connect`, but records are kept: the app's middleware was not checked against it.
#[tokio::test]
async fn middleware_has_no_say_in_an_event_without_handler() {
    let app = TestApp::<Implied>::new(());
    let guest = app.connect().await.unwrap();
    assert_eq!(guest.send(json!({"action": "whoami"})).await.json::<String>(), "guest");
    guest.disconnect().await;
    assert!(app.records().is_empty());
}

async fn nightly(event: OtherEvent<'_>, _: &()) -> Result<Value, Error> {
    Ok(json!({"records": event.parse::<Value>()?["Records"].as_array().map_or(0, Vec::len)}))
}

#[ws_app(routes = [note], other = nightly)]
struct Plain;

/// The app's handlers need no connections, yet its errors are posted by those that were given.
#[tokio::test]
async fn errors_are_posted_also_where_no_handler_takes_connections() {
    let app = TestApp::<Plain>::new(());
    let ann = app.connect().await.unwrap();
    assert!(app.records().is_empty(), "nobody needs records");
    ann.send(json!({"action": "note", "id": 9})).await;
    let [error] = ann.received().try_into().unwrap();
    assert_eq!((&error["code"], &error["id"]), (&json!("invalid_message"), &json!(9)));
    assert_eq!(
        error["message"],
        "the message does not have the expected shape: missing field `name` at line 1 column 24"
    );
}

#[tokio::test]
async fn other_payloads_go_to_other_or_are_refused() {
    let records = br#"{"Records":[{"eventSource":"aws:sqs"},{}]}"#;
    assert_eq!(TestApp::<Plain>::new(()).invoke(records).await.unwrap(), json!({"records": 2}));
    let refused = TestApp::<App>::new(()).invoke(records).await.unwrap_err().to_string();
    assert!(
        refused.contains("records of `aws:sqs`") && refused.contains("#[ws_app(other = …)]"),
        "{refused}"
    );
    assert!(TestApp::<App>::new(()).invoke(b"{").await.is_err());
}

#[test]
fn the_manifest_lists_what_the_gateway_must_know() {
    let manifest = lift_ws::manifest::describe::<Implied>();
    let keys: Vec<&str> =
        manifest["routes"].as_array().unwrap().iter().filter_map(|r| r["routeKey"].as_str()).collect();
    assert_eq!(keys, ["whoami", "$connect", "$disconnect"]);
    assert_eq!(manifest["tables"].as_array().unwrap().len(), 1);
    let plain = lift_ws::manifest::describe::<Plain>();
    assert_eq!(
        (plain["tables"].as_array().unwrap().len(), plain["routes"].as_array().unwrap().len()),
        (0, 1)
    );
}
