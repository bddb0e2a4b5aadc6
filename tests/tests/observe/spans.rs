//! What `trace` says of events, and that no text of a client makes a line of its own.

use lift_ws::observe::{JsonFields, JsonLines, PlainFields, Spans, trace};
use lift_ws::prelude::*;
use lift_ws::testing::{Output, TestApp, TestEvent};
use lift_ws::{Invocation, Service};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tracing::subscriber::DefaultGuard;

/// What a client writes who wants a line of its own in the log.
const FORGED: &str = "x\n{\"timestamp\":\"now\",\"level\":\"ERROR\",\"message\":\"forged\"}\r\u{1b}[2J\u{2028}\u{202e}\u{200f}";

#[ws_route("$connect")]
async fn come(Query(who): Query<Who>) -> Accept {
    Accept::new().user(who.name)
}

#[derive(Deserialize)]
struct Who {
    name: String,
}

#[ws_route("say")]
async fn say(me: Connection<'_>, RawBody(text): RawBody<'_>) {
    tracing::info!(text, cause = %text, known = me.user().is_some(), "said {text}");
}

#[ws_route("aside")]
async fn aside() {
    tracing::info_span!("inner", step = 1).in_scope(|| tracing::warn!("deeper"));
}

#[ws_route("refuse")]
async fn refuse(RawBody(text): RawBody<'_>) -> Result<(), Error> {
    Err(Error::new("too_loud", text.to_owned()).with_cause(text.to_owned()))
}

#[ws_route("fall")]
async fn fall() {
    panic!("the handler's own");
}

#[ws_route("hang")]
async fn hang() {
    std::future::pending::<()>().await;
}

#[derive(Debug)]
#[ws_app(state = Spans, middleware = [trace], routes = [come, say, aside, refuse, fall, hang])]
struct Chat;

/// The lines of this thread, as `main` writes them on Lambda, until the guard is dropped.
fn json_lines(level: tracing::Level) -> (Output, DefaultGuard) {
    let output = Output::new();
    let writer = output.clone();
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(move || writer.clone());
    let lines = lines.fmt_fields(JsonFields::new()).event_format(JsonLines::new()).finish();
    (output, tracing::subscriber::set_default(lines))
}

/// As `main` writes them at home.
fn plain_lines() -> (Output, DefaultGuard) {
    let output = Output::new();
    let writer = output.clone();
    let lines = tracing_subscriber::fmt().with_target(false).with_writer(move || writer.clone());
    let lines = lines.without_time().compact().with_ansi(false).fmt_fields(PlainFields::new()).finish();
    (output, tracing::subscriber::set_default(lines))
}

fn answered(output: &Output) -> Vec<Value> {
    output.json().into_iter().filter(|line| line["message"] == "answered").collect()
}

async fn ann(app: &TestApp<Chat>) -> lift_ws::testing::TestClient<Chat> {
    app.connect().query("name", "ann").await.unwrap()
}

#[tokio::test]
async fn a_span_says_which_event_it_was_whose_and_how_it_ended() {
    let (output, _guard) = json_lines(tracing::Level::INFO);
    let app = TestApp::<Chat>::new(Spans::new());
    let ann = ann(&app).await;
    ann.send(json!({"action": "say"})).await;
    let lines = answered(&output);
    let [connect, message] = &lines[..] else { panic!("{lines:?}") };
    let span = &message["span"];
    assert_eq!((&message["level"], &span["name"]), (&json!("INFO"), &json!("event")));
    assert_eq!((&span["route"], &span["connection_id"]), (&json!("say"), &json!(ann.id())));
    assert_eq!((&span["status"], span.get("code"), span.get("trace_id")), (&json!(200), None, None));
    assert!(span["duration_ms"].as_f64().is_some() && !span["request_id"].as_str().unwrap().is_empty());
    let user = span["user"].as_str().unwrap();
    assert_eq!((user.len(), user == "ann"), (16, false));
    assert_eq!(connect["span"]["user"], span["user"], "the handshake says whom it let in");
    assert!(!output.text().contains("\"ann\""));
}

#[tokio::test]
async fn lines_of_handlers_carry_the_span_also_within_spans_of_their_own() {
    let (output, _guard) = json_lines(tracing::Level::INFO);
    let app = TestApp::<Chat>::new(Spans::new());
    let ann = ann(&app).await;
    ann.send(json!({"action": "aside"})).await;
    let lines = output.json();
    let deeper = lines.iter().find(|line| line["message"] == "deeper").unwrap();
    assert_eq!((&deeper["level"], &deeper["span"]), (&json!("WARN"), &json!({"name": "inner", "step": 1})));
    assert_eq!(
        (&deeper["spans"][0]["route"], deeper["spans"].as_array().unwrap().len()),
        (&json!("aside"), 1)
    );
}

#[tokio::test]
async fn users_may_be_plain_or_left_out_and_a_secret_makes_another_hash() {
    let user = async |spans: Spans| {
        let (output, _guard) = json_lines(tracing::Level::INFO);
        ann(&TestApp::<Chat>::new(spans)).await;
        answered(&output)[0]["span"].get("user").cloned()
    };
    let hashed = user(Spans::new()).await;
    assert_eq!(user(Spans::new()).await, hashed);
    assert_ne!(user(Spans::new().hash_users_with("secret")).await, hashed);
    assert_eq!(user(Spans::new().plain_users()).await, Some(json!("ann")));
    assert_eq!(user(Spans::new().without_users()).await, None);
}

#[tokio::test]
async fn an_authorizers_user_is_known_without_the_record() {
    let (output, _guard) = json_lines(tracing::Level::INFO);
    let app = TestApp::<Chat>::new(Spans::new().plain_users());
    let event = TestEvent::message("aside", "{}").authorizer(json!({"principalId": "bob"}));
    app.invoke(&event.to_bytes()).await.unwrap();
    assert_eq!(answered(&output)[0]["span"]["user"], "bob");
}

#[tokio::test]
async fn the_trace_is_that_of_the_invocation() {
    let (output, _guard) = json_lines(tracing::Level::INFO);
    let service = Service::<Chat>::new(Spans::new());
    let trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    let (event, mut answer) = (TestEvent::message("aside", "{}").to_bytes(), Vec::new());
    service.respond(&event, Invocation { trace_id, ..Invocation::default() }, &mut answer).await.unwrap();
    assert_eq!(answered(&output)[0]["span"]["trace_id"], "1-5759e988-bd862e3fe1be46a994272793");
}

#[tokio::test]
async fn refusals_panics_and_events_that_are_stopped_have_a_code() {
    let (output, _guard) = json_lines(tracing::Level::INFO);
    let app = TestApp::<Chat>::new(Spans::new());
    let ann = ann(&app).await;
    ann.send(json!({"action": "refuse"})).await;
    ann.send(json!({"action": "fall"})).await;
    {
        let mut hanging = pin!(ann.send(json!({"action": "hang"})));
        poll_fn(|cx| Poll::Ready(hanging.as_mut().poll(cx).is_pending())).await;
    }
    let outcomes: Vec<_> = answered(&output)[1..]
        .iter()
        .map(|line| {
            (line["span"]["status"].as_u64().unwrap(), line["span"]["code"].as_str().unwrap().to_owned())
        })
        .collect();
    let expected = [(400, "too_loud"), (500, "panic"), (500, "cancelled")];
    assert_eq!(outcomes, expected.map(|(status, code)| (status, code.to_owned())));
}

#[tokio::test]
async fn lines_of_events_can_be_left_out_and_above_info_there_are_none() {
    let app = TestApp::<Chat>::new(Spans::new().without_lines());
    let (output, guard) = json_lines(tracing::Level::INFO);
    let ann = ann(&app).await;
    ann.send(json!({"action": "aside"})).await;
    assert!(answered(&output).is_empty());
    assert_eq!(output.json()[0]["spans"][0]["route"], "aside");
    drop(guard);
    let (output, _guard) = json_lines(tracing::Level::WARN);
    ann.send(json!({"action": "aside"})).await;
    assert_eq!(output.json().len(), 1, "what the handler warned of");
}

/// Everything that a client may choose the text of.
async fn forge(text: &str) {
    let app = TestApp::<Chat>::new(Spans::new().plain_users());
    let client = app.connect().query("name", text).header("User-Agent", text).await.unwrap();
    let said = format!("{{\"action\":\"say\"}} {text}");
    for event in [
        TestEvent::message("say", &said),
        TestEvent::message("refuse", text),
        TestEvent::message(text, text),
        TestEvent::disconnect(1000, text),
    ] {
        app.invoke(&event.connection_id(client.id()).to_bytes()).await.unwrap();
    }
    let odd = TestEvent::message("aside", "{}").connection_id(text).authorizer(json!({"principalId": text}));
    app.invoke(&odd.to_bytes()).await.unwrap();
}

#[tokio::test]
async fn no_text_of_a_client_makes_a_line_of_json_of_its_own() {
    let (output, _guard) = json_lines(tracing::Level::TRACE);
    forge(FORGED).await;
    let lines = output.json();
    assert!(lines.len() >= 7, "{lines:?}");
    assert!(lines.iter().all(|line| line["message"] != "forged" && line["timestamp"] != "now"));
}

#[tokio::test]
async fn no_text_of_a_client_makes_a_line_for_people_or_moves_the_cursor() {
    let (output, _guard) = plain_lines();
    forge(FORGED).await;
    let text = output.text();
    assert!(text.lines().count() >= 6, "{text}");
    for line in text.lines() {
        assert!(
            ["INFO", "WARN", "ERROR", "DEBUG"].iter().any(|level| line.trim_start().starts_with(level)),
            "{line}"
        );
        assert!(
            !line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}' | '\u{200f}')),
            "{line:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_line_is_one_object_whatever_clients_write(text in r#"(\PC|["\\{}\x00-\x1f\x7f-\x9f]){1,40}"#) {
        let (output, _guard) = json_lines(tracing::Level::TRACE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(forge(&text));
        prop_assert!(output.json().iter().all(Value::is_object));
    }
}
