//! Messages that are too large, or nested too deep.

use lift_ws::limit::{MessageRules, check_message};
use lift_ws::prelude::*;
use lift_ws::testing::{TestApp, TestEvent};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[ws_route("say")]
async fn say(Json(_): Json<Value>) -> Json<&'static str> {
    Json("said")
}

#[ws_app(state = MessageRules, middleware = [check_message], routes = [say])]
struct Chat;

async fn code(app: &TestApp<Chat>, body: &str) -> Value {
    let reply: Value = app.connect().await.unwrap().send_text(body).await.json();
    reply["code"].clone()
}

#[tokio::test]
async fn what_is_too_large_or_too_deep_is_refused_and_said_so() {
    let app = TestApp::<Chat>::new(MessageRules::new().most_bytes(100).deepest(3));
    assert_eq!(code(&app, r#"{"action":"say","a":[[1]]}"#).await, json!(null));
    assert_eq!(code(&app, r#"{"action":"say","a":[[[1]]]}"#).await, json!("too_deep"));
    assert_eq!(code(&app, r#"{"action":"say","a":"[[[[["}"#).await, json!(null));
    assert_eq!(
        code(&app, &format!(r#"{{"action":"say","a":"{}"}}"#, "x".repeat(100))).await,
        json!("too_large")
    );
}

// Without any rules: nothing that a client sends exhausts the stack.

#[derive(Deserialize)]
#[serde(untagged)]
enum Tree {
    Leaf(#[allow(dead_code, reason = "read, and not looked at")] f64),
    Branch(#[allow(dead_code, reason = "read, and not looked at")] Vec<Tree>),
}

#[ws_route("value")]
async fn value(Json(_): Json<Value>) {}

#[ws_route("tree")]
async fn tree(Json(_): Json<Tree>) {}

#[ws_route("ignored")]
async fn ignored(Json(_): Json<IgnoredAny>) -> Json<u8> {
    Json(1)
}

#[ws_route("raw")]
async fn raw(Json(raw): Json<&RawValue>) -> Json<usize> {
    Json(raw.get().len())
}

#[ws_route("bytes")]
async fn bytes(RawBody(body): RawBody<'_>) -> Json<usize> {
    Json(body.len())
}

#[ws_app(routes = [value, tree, ignored, raw, bytes])]
struct Unguarded;

const MOST: usize = 128 * 1024;

#[test]
fn no_message_of_the_largest_size_exhausts_the_stack_of_a_thread() {
    let hostile = [
        "[".repeat(MOST),
        r#"{"a":"#.repeat(MOST / 5),
        format!("{}{}", "[".repeat(MOST / 2), "]".repeat(MOST / 2)),
        // with an `id` to look for, before and behind
        format!(r#"{{"id":1,"a":{}"#, "[".repeat(MOST - 20)),
        format!(r#"{{"a":{}{},"id":1}}"#, "[".repeat(MOST / 2 - 10), "]".repeat(MOST / 2 - 10)),
        format!(r#"{{"id":{}"#, "[".repeat(MOST - 10)),
        format!(r#"["{}"#, r#"\""#.repeat(MOST / 2 - 2)),
    ];
    // What tokio gives a worker.
    let usual = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let run = usual.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (guarded, app) = (TestApp::<Chat>::new(MessageRules::new()), TestApp::<Unguarded>::new(()));
            for body in &hostile {
                for route in ["value", "tree", "ignored", "raw", "bytes"] {
                    let event = TestEvent::message(route, body).connection_id("AbC=").to_bytes();
                    app.invoke(&event).await.unwrap();
                }
                let event = TestEvent::message("say", body).connection_id("AbC=").to_bytes();
                let answer = guarded.invoke(&event).await.unwrap();
                let code = answer["body"].as_str().unwrap_or_default();
                assert!(code.contains("too_deep") || code.contains("invalid_json"), "{code}");
            }
        });
    });
    run.unwrap().join().unwrap();
}
