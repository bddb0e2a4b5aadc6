//! The Runtime API, played by the test itself: its program only tells where the API is, and waits.

use futures_util::SinkExt;
use lift_ws_local::core::Verdict;
use lift_ws_local::{Function, LocalGateway};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Response, Watched, http, manifest, start};

const INTERNAL_SERVER_ERROR: &str = r#"{"message": "Internal server error", "#;

pub(crate) struct Runtime {
    pub(crate) watched: Watched,
    pub(crate) address: String,
}

/// A gateway whose first environment is the test, and a client whose first message has started it.
pub(crate) async fn runtime(concurrency: usize, environments: usize) -> (Runtime, Client) {
    let program = Function::new("/bin/sh")
        .args(["-c", "echo api $AWS_LAMBDA_RUNTIME_API; exec sleep 1000"])
        .env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
    let builder = LocalGateway::builder(manifest(&[]), program).environments(environments);
    let mut watched = start(builder).await;
    let mut client = watched.connect().await;
    client.say("first").await;
    let address = watched.printed("api ").await;
    (Runtime { watched, address }, client)
}

impl Runtime {
    async fn next(&self) -> Response {
        next(&self.address).await
    }

    async fn respond(&self, id: &str, body: &str) -> Response {
        respond(&self.address, id, body).await
    }
}

async fn next(address: &str) -> Response {
    http(address, "GET", "/2018-06-01/runtime/invocation/next", "", "").await
}

async fn respond(address: &str, id: &str, body: &str) -> Response {
    let path = format!("/2018-06-01/runtime/invocation/{id}/response");
    http(address, "POST", &path, "", &json!({ "statusCode": 200, "body": body }).to_string()).await
}

pub(crate) fn id(next: &Response) -> String {
    next.header("lambda-runtime-aws-request-id").expect("every event has an id").to_owned()
}

fn error_type(response: &Response) -> (u16, String) {
    (response.status, response.json()["errorType"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_event_comes_with_the_headers_of_the_contract_and_its_answer_is_taken_with_202() {
    let (runtime, mut client) = runtime(1, 1).await;
    let event = runtime.next().await;
    assert_eq!(event.status, 200);
    assert_eq!(event.json()["body"], "first");
    assert_eq!(id(&event).len(), 36);
    let deadline: u64 = event.header("lambda-runtime-deadline-ms").unwrap().parse().unwrap();
    assert!(deadline > 1_700_000_000_000);
    let arn = event.header("lambda-runtime-invoked-function-arn").unwrap();
    assert_eq!(arn, "arn:aws:lambda:us-east-1:000000000000:function:sh");
    assert!(event.header("lambda-runtime-trace-id").unwrap().starts_with("Root=1-"));
    assert!(event.header("lambda-runtime-invocation-id").is_some());
    assert_eq!(event.header("content-type"), Some("application/json"));
    // They would have to be JSON, and a tenant is for isolation mode alone.
    for absent in ["client-context", "cognito-identity", "aws-tenant-id"] {
        assert_eq!(event.header(&format!("lambda-runtime-{absent}")), None);
    }
    let taken = runtime.respond(&id(&event), "done").await;
    assert_eq!((taken.status, taken.json()), (202, json!({ "status": "OK" })));
    assert_eq!(client.hear().await, "done");
}

#[tokio::test]
async fn answers_are_matched_by_request_id_in_any_order_and_on_any_connection() {
    let (runtime, mut client) = runtime(2, 1).await;
    client.say("second").await;
    let (one, two) = tokio::join!(runtime.next(), runtime.next());
    let two_said = two.json()["body"].as_str().unwrap().to_owned();
    let one_said = one.json()["body"].as_str().unwrap().to_owned();
    assert_eq!(runtime.respond(&id(&two), &two_said).await.status, 202);
    assert_eq!(client.hear().await, two_said);
    assert_eq!(runtime.respond(&id(&one), &one_said).await.status, 202);
    assert_eq!(client.hear().await, one_said);
}

#[tokio::test]
async fn a_sequential_program_that_polls_twice_gets_one_event_at_a_time() {
    let (runtime, mut client) = runtime(1, 1).await;
    client.say("second").await;
    let event = runtime.next().await;
    let address = runtime.address.clone();
    let mut second = tokio::spawn(async move { next(&address).await });
    // The gateway has seen the poll once it has answered a later request of the same program.
    assert_eq!(runtime.respond("not-an-id", "").await.status, 400);
    assert!(!second.is_finished());
    runtime.respond(&id(&event), "one").await;
    assert_eq!(client.hear().await, "one");
    assert_eq!((&mut second).await.unwrap().json()["body"], "second");
}

#[tokio::test]
async fn a_client_that_sends_faster_than_the_function_answers_waits_itself() {
    let (runtime, mut client) = runtime(1, 1).await;
    for _ in 0..300 {
        client.say("flood").await;
    }
    let mut other = runtime.watched.connect().await;
    other.say("other").await;
    // Its message is in the gateway once the ping behind it is answered.
    other.socket.send(Message::Ping("".into())).await.unwrap();
    assert!(matches!(other.next().await, Some(Ok(Message::Pong(_)))));
    let mut order = Vec::new();
    for _ in 0..302 {
        let event = runtime.next().await;
        let body = event.json()["body"].as_str().unwrap().to_owned();
        runtime.respond(&id(&event), &body).await;
        order.push(body);
    }
    let position = order.iter().position(|body| body == "other").unwrap();
    assert!(position <= 64, "{position} messages were served before it");
    // What was held back came all the same.
    assert_eq!(order.iter().filter(|body| *body == "flood").count(), 300);
}

#[tokio::test]
async fn ids_that_nobody_asked_for_are_refused_with_the_contracts_errors() {
    let (runtime, mut client) = runtime(1, 1).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let invalid = (400, "InvalidRequestID".to_owned());
    assert_eq!(error_type(&runtime.respond(unknown, "").await), invalid);
    assert_eq!(error_type(&runtime.respond("nonsense", "").await), invalid);
    let event = runtime.next().await;
    runtime.respond(&id(&event), "once").await;
    assert_eq!(client.hear().await, "once");
    let twice = runtime.respond(&id(&event), "twice").await;
    assert_eq!(error_type(&twice), (403, "InvalidStateTransition".to_owned()));
}

// §7.2: "Any non-2xx to `/response` or `/error` (410, 413 tested) is logged and ignored; polling goes on": the gateway lets it.
#[tokio::test]
async fn a_program_whose_answers_were_refused_goes_on_polling_and_is_served() {
    let (runtime, mut client) = runtime(1, 1).await;
    let event = runtime.next().await;
    let large = runtime.respond(&id(&event), &"x".repeat(7 << 20)).await;
    assert_eq!(large.status, 413);
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    for (body, refused) in [("second", 400), ("third", 403)] {
        client.say(body).await;
        let event = runtime.next().await;
        assert_eq!(event.json()["body"], body);
        let other = if refused == 400 { "nonsense".to_owned() } else { id(&event) };
        if refused == 403 {
            runtime.respond(&id(&event), body).await;
            assert_eq!(client.hear().await, body);
        }
        assert_eq!(runtime.respond(&other, body).await.status, refused);
        if refused == 400 {
            runtime.respond(&id(&event), body).await;
            assert_eq!(client.hear().await, body);
        }
    }
}

// §7.3: "One worker's poll error is retried": a poll that breaks off takes no event with it, and the next one is served.
#[tokio::test]
async fn a_poll_that_breaks_off_loses_no_event() {
    let (runtime, mut client) = runtime(2, 1).await;
    let first = runtime.next().await;
    let mut broken = TcpStream::connect(&runtime.address).await.unwrap();
    let poll =
        format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {}\r\n\r\n", runtime.address);
    broken.write_all(poll.as_bytes()).await.unwrap();
    // The gateway has seen the poll once it has answered a later request of the same program.
    assert_eq!(runtime.respond("not-an-id", "").await.status, 400);
    drop(broken);
    assert_eq!(runtime.respond("not-an-id", "").await.status, 400);
    client.say("second").await;
    let second = runtime.next().await;
    assert_eq!(second.json()["body"], "second");
    for event in [&second, &first] {
        let body = event.json()["body"].as_str().unwrap().to_owned();
        assert_eq!(runtime.respond(&id(event), &body).await.status, 202);
        assert_eq!(client.hear().await, body);
    }
}

#[tokio::test]
async fn an_environment_cannot_answer_the_event_of_another() {
    let (mut runtime, mut client) = runtime(1, 2).await;
    let event = runtime.next().await;
    client.say("second").await;
    let other = runtime.watched.printed("api ").await;
    let stolen = respond(&other, &id(&event), "stolen").await;
    assert_eq!(error_type(&stolen), (400, "InvalidRequestID".to_owned()));
    runtime.respond(&id(&event), "mine").await;
    assert_eq!(client.hear().await, "mine");
}

#[tokio::test]
async fn an_answer_with_the_nonce_of_another_invocation_is_gone() {
    let (runtime, mut client) = runtime(1, 1).await;
    let event = runtime.next().await;
    let path = format!("/2018-06-01/runtime/invocation/{}/response", id(&event));
    let stale = "lambda-runtime-invocation-id: 00000000-0000-4000-8000-000000000000\r\n";
    assert_eq!(http(&runtime.address, "POST", &path, stale, "{}").await.status, 410);
    let nonce = event.header("lambda-runtime-invocation-id").unwrap();
    let own = format!("lambda-runtime-invocation-id: {nonce}\r\n");
    let body = r#"{"statusCode":200,"body":"fresh"}"#;
    assert_eq!(http(&runtime.address, "POST", &path, &own, body).await.status, 202);
    assert_eq!(client.hear().await, "fresh");
}

#[tokio::test]
async fn a_response_above_six_megabytes_is_413_and_a_function_error() {
    let (mut runtime, mut client) = runtime(1, 1).await;
    let event = runtime.next().await;
    let large = runtime.respond(&id(&event), &"x".repeat(7 << 20)).await;
    assert_eq!(error_type(&large), (413, "RequestEntityTooLarge".to_owned()));
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    let verdict = runtime.watched.finished("$default").await.verdict;
    assert!(matches!(verdict, Verdict::FunctionError { message } if message.contains("larger than 6 MB")));
}

#[tokio::test]
async fn an_error_report_is_a_function_error_with_its_type_and_message() {
    let (mut runtime, mut client) = runtime(1, 1).await;
    let event = runtime.next().await;
    let path = format!("/2018-06-01/runtime/invocation/{}/error", id(&event));
    let report = json!({ "errorMessage": "no such room", "errorType": "RoomError" }).to_string();
    let header = "lambda-runtime-function-error-type: unhandled\r\n";
    assert_eq!(http(&runtime.address, "POST", &path, header, &report).await.status, 202);
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    let verdict = runtime.watched.finished("$default").await.verdict;
    assert_eq!(verdict, Verdict::FunctionError { message: "RoomError: no such room".to_owned() });
}

#[tokio::test]
async fn an_init_error_fails_the_waiting_event_and_is_too_late_after_the_first_poll() {
    let (mut runtime, mut client) = runtime(1, 1).await;
    let report = json!({ "errorMessage": "no config", "errorType": "Config" }).to_string();
    let path = "/2018-06-01/runtime/init/error";
    assert_eq!(http(&runtime.address, "POST", path, "", &report).await.status, 202);
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    let verdict = runtime.watched.finished("$default").await.verdict;
    assert!(matches!(verdict, Verdict::Unavailable { message } if message.contains("Config: no config")));
    client.say("again").await;
    let address = runtime.watched.printed("api ").await;
    let event = next(&address).await;
    let late = http(&address, "POST", path, "", &report).await;
    assert_eq!(error_type(&late), (403, "InvalidStateTransition".to_owned()));
    respond(&address, &id(&event), "served").await;
    assert_eq!(client.hear().await, "served");
}

#[tokio::test]
async fn an_extension_can_be_registered_and_other_paths_are_not_found() {
    let (runtime, _client) = runtime(1, 1).await;
    let path = "/2020-01-01/extension/register";
    let name = "lambda-extension-name: shutdown\r\n";
    let registered = http(&runtime.address, "POST", path, name, r#"{"events":[]}"#).await;
    assert_eq!(registered.status, 200);
    assert!(registered.header("lambda-extension-identifier").is_some());
    assert_eq!(http(&runtime.address, "POST", path, "", "").await.status, 403);
    assert_eq!(http(&runtime.address, "GET", "/2018-06-01/runtime/nothing", "", "").await.status, 404);
    let restore = http(&runtime.address, "GET", "/2018-06-01/runtime/restore/next", "", "").await;
    assert_eq!(restore.status, 403);
}

#[tokio::test]
async fn a_poll_is_not_answered_at_all_when_the_gateway_ends() {
    let (runtime, mut client) = runtime(1, 1).await;
    let event = runtime.next().await;
    runtime.respond(&id(&event), "done").await;
    assert_eq!(client.hear().await, "done");
    let mut poll = TcpStream::connect(&runtime.address).await.unwrap();
    poll.write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    runtime.watched.shutdown().await;
    // Whether it ends in order or by a reset: programs take any status but 200 for an event without an id.
    let mut heard = Vec::new();
    let _ = poll.read_to_end(&mut heard).await;
    assert_eq!(String::from_utf8(heard).unwrap(), "");
}
