//! Messages that are too large, too deep, or written for the log: each is answered, and the app lives on.

use crate::captured;
use lift_ws::prelude::*;
use lift_ws::testing::{TestApp, TestClient, TestEvent};
use serde_json::{Value, json};

/// The most that API Gateway hands on, in bytes (contract §3).
const MOST: usize = 128 * 1_024;

#[derive(Deserialize)]
struct Order<'m> {
    #[serde(borrow)]
    item: Text<'m>,
    kind: Kind,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Book,
}

#[ws_route("echo")]
async fn echo(Json(message): Json<Value>) -> Json<Value> {
    Json(message)
}

#[ws_route("order")]
async fn order(Json(order): Json<Order<'_>>) -> Result<(), Error> {
    Err(Error::new("sold_out", format!("no {} of kind {:?}", &*order.item, order.kind)))
}

#[ws_route("count")]
async fn count(RawBody(body): RawBody<'_>) -> Json<usize> {
    Json(body.len())
}

#[ws_route("$default")]
async fn unknown() -> Error {
    Error::new("unknown_action", "say what to do")
}

#[ws_app(routes = [echo, order, count, unknown])]
struct App;

/// Of the length of the largest message: closed or not, as lists, as objects, where the envelope looks too.
fn deep_and_large() -> Vec<String> {
    let mut all = Vec::new();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"{"id":"#, "}"), (r#"[{"x":"#, "}]")] {
        let closed = (MOST - 100) / (open.len() + close.len());
        let closed = format!("{}1{}", open.repeat(closed), close.repeat(closed));
        let open = open.repeat((MOST - 100) / open.len());
        for value in [&closed, &open] {
            all.push(value.clone());
            all.push(format!(r#"{{"action":"echo","x":{value}}}"#));
            all.push(format!(r#"{{"id":{value},"action":"echo"}}"#));
            all.push(format!(r#"{{"action":"order","item":{value},"kind":"book"}}"#));
        }
    }
    all.push("[".repeat(MOST));
    all.push(format!(r#"{{"action":"echo","x":"{}"}}"#, "\\u0000".repeat(MOST / 6 - 10)));
    all.push(format!(r#"{{"action":"echo","x":{}}}"#, "9".repeat(MOST - 100)));
    all.push(format!(r#"{{"action":"echo"{}}}"#, r#","x":1"#.repeat(MOST / 6 - 10)));
    all
}

impl Sender {
    /// By each route, whatever the message says: an expression of the operator's chose it.
    async fn send(&self, route_key: &str, body: &str) -> Option<Value> {
        let event = TestEvent::message(route_key, body).connection_id(self.client.id());
        let answer = self.app.invoke(&event.to_bytes()).await.expect("an answer, not a failure");
        assert_eq!(answer["statusCode"], 200, "{answer}");
        answer["body"].as_str().map(|body| serde_json::from_str(body).unwrap())
    }
}

struct Sender {
    app: TestApp<App>,
    client: TestClient<App>,
}

async fn sender() -> Sender {
    captured::start();
    let app = TestApp::<App>::new(());
    let client = app.connect().await.unwrap();
    Sender { app, client }
}

/// On a stack of two megabytes, as tests and tokio's threads have it.
#[tokio::test]
async fn no_message_is_too_deep_or_too_large_to_be_answered() {
    let sender = sender().await;
    for body in deep_and_large() {
        assert!(body.len() <= MOST, "{}", body.len());
        let start = &body[..40];
        let echoed = sender.send("echo", &body).await.expect("two-way: there is an answer");
        let code = echoed["code"].as_str();
        let expected = [None, Some("invalid_json"), Some("invalid_message"), Some("too_large")];
        assert!(expected.contains(&code), "{start}: {code:?}");
        let counted = sender.send("count", &body).await;
        assert_eq!(counted, Some(json!(body.len())), "{start}");
        sender.send("order", &body).await;
        sender.send("$default", &body).await;
        let told = sender.client.received();
        assert!(
            told.iter().all(|frame| frame["type"] == "error" && frame.to_string().len() < 1_000),
            "{start}: {told:?}"
        );
        let next = sender.send("echo", r#"{"action":"echo","n":1}"#).await;
        assert_eq!(next.unwrap()["n"], 1, "and the next one is as ever");
    }
}

/// What clients write may be in a log line, as a value; it never is a line of its own, nor controls a terminal.
#[tokio::test]
async fn nothing_that_a_client_writes_becomes_a_line_of_the_log() {
    let sender = sender().await;
    let evil = "book\n{\"level\":\"ERROR\",\"fields\":{\"message\":\"FORGED\"}}\r\nERROR FORGED \u{1b}[2J\u{85}\u{2028}FORGED";
    let order = json!({"action": "order", "item": evil, "kind": evil, "id": evil}).to_string();
    let wanted = json!({"action": "order", "item": evil, "kind": "book"}).to_string();
    for body in [&order, &wanted, &json!({"action": evil}).to_string(), evil] {
        for route in ["order", "echo", "$default", evil] {
            sender.send(route, body).await;
        }
    }
    let leaving = TestEvent::disconnect(1000, evil).connection_id(sender.client.id());
    sender.app.invoke(&leaving.header("User-Agent", evil).to_bytes()).await.unwrap();
    let log = captured::log();
    assert!(log.contains("FORGED"), "some of it is logged, or this test says nothing");
    for line in log.lines() {
        let read: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON of ours: {line}"));
        assert!(read["timestamp"].is_string() && read["fields"]["message"] != "FORGED", "{line}");
        assert!(!line.contains(['\u{1b}', '\r']), "{line}");
    }
}
