//! The lines that `metrics` writes, over whole runs of an app.

use crate::emf::assert_is_metrics;
use lift_ws::observe::{METRICS, Metrics, metrics};
use lift_ws::prelude::*;
use lift_ws::push::PostErrorKind;
use lift_ws::testing::{Output, TestApp, TestEvent};
use lift_ws::{Invocation, Service, health};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

const HOURS: Duration = Duration::from_secs(3 * 60 * 60);

#[derive(Clone, FromRef)]
struct AppState {
    metrics: Metrics,
}

#[derive(Deserialize)]
struct Say {
    #[serde(default)]
    code: Option<String>,
}

#[ws_route("say")]
async fn say(Json(say): Json<Say>) -> Result<(), Error> {
    match say.code {
        Some(code) => Err(Error::new(code, "as you like")),
        None => Ok(()),
    }
}

#[ws_route("full of spaces, and é")]
async fn odd() -> Json<u32> {
    Json(7)
}

#[ws_route("shout")]
async fn shout(conns: Connections) -> Result<(), Error> {
    conns.all().send("hello").await?;
    Ok(())
}

#[ws_route("fall")]
async fn fall() {
    panic!("the handler's own");
}

#[ws_route("hang")]
async fn hang() {
    std::future::pending::<()>().await;
}

#[ws_route("refuse")]
async fn refuse() -> Result<(), Error> {
    Err(Error::new("too_loud", "not so loud"))
}

#[ws_route("break")]
async fn break_down() -> Result<(), Error> {
    Err(Error::internal("a secret"))
}

#[derive(Debug)]
#[ws_app(
    state = AppState,
    middleware = [metrics],
    routes = [say, odd, shout, fall, hang, refuse, break_down, health::ping]
)]
struct Chat;

fn app_with(period: Duration) -> (TestApp<Chat>, Output) {
    let output = Output::new();
    let metrics = Metrics::builder().service("chat").period(period).writer(output.clone()).build();
    (TestApp::new(AppState { metrics }), output)
}

/// Each line, checked.
fn lines(output: &Output) -> Vec<Value> {
    let text = output.text();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().for_each(assert_is_metrics);
    output.json()
}

/// The sum of each metric over all lines; of `Latency` the number of its values.
fn sums(lines: &[Value]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        for metric in METRICS {
            let sum = match &line[metric.name] {
                Value::Array(values) => values.len() as u64,
                value => value.as_u64().unwrap_or_default(),
            };
            if sum > 0 {
                *sums.entry(metric.name.to_owned()).or_default() += sum;
            }
        }
    }
    sums
}

#[tokio::test]
async fn a_quiet_app_shows_each_event_at_once_and_in_one_line() {
    let (app, output) = app_with(Duration::ZERO);
    let ann = app.connect().await.unwrap();
    for count in 1..=3 {
        ann.send(json!({"action": "say"})).await;
        assert_eq!(lines(&output).len(), count);
    }
    let first = &lines(&output)[0];
    assert_eq!(
        (&first["Service"], &first["EventType"], &first["Route"]),
        (&json!("chat"), &json!("MESSAGE"), &json!("say"))
    );
    assert_eq!(
        (&first["Events"], &first["ColdStarts"], &first["Connects"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(lines(&output)[1].get("ColdStarts").is_none(), "an environment starts once");
}

#[tokio::test]
async fn a_busy_app_gathers_and_writes_when_an_array_is_full_and_at_the_end() {
    let (app, output) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    for _ in 0..250 {
        ann.send(json!({"action": "say"})).await;
    }
    assert_eq!(lines(&output).len(), 3, "the first, and two of a hundred");
    app.state().metrics.flush();
    app.state().metrics.flush();
    let lines = lines(&output);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[1]["Latency"].as_array().unwrap().len(), 100);
    assert_eq!((sums(&lines)["Events"], sums(&lines)["Latency"]), (250, 250));
}

#[tokio::test]
async fn errors_are_counted_by_route_and_by_code_and_faults_apart() {
    let (app, output) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    for action in ["say", "refuse", "refuse", "break", "fall"] {
        ann.send(json!({"action": action})).await;
    }
    app.state().metrics.flush();
    let lines = lines(&output);
    let codes: BTreeMap<_, _> = lines
        .iter()
        .filter_map(|line| Some((line["Code"].as_str()?.to_owned(), line["ErrorsByCode"].as_u64()?)))
        .collect();
    assert_eq!(
        codes,
        BTreeMap::from([("internal_error".into(), 1), ("panic".into(), 1), ("too_loud".into(), 2)])
    );
    assert_eq!((sums(&lines)["Errors"], sums(&lines)["Faults"]), (4, 2));
    let of = |route: &str| lines.iter().find(|line| line["Route"] == route).unwrap();
    assert_eq!((&of("refuse")["Errors"], of("refuse").get("Faults")), (&json!(2), None));
    assert_eq!((&of("fall")["Errors"], &of("fall")["Faults"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn an_event_that_is_stopped_is_counted_as_cancelled() {
    let (app, output) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    {
        let mut hanging = pin!(ann.send(json!({"action": "hang"})));
        poll_fn(|cx| Poll::Ready(hanging.as_mut().poll(cx).is_pending())).await;
    }
    app.state().metrics.flush();
    assert_eq!(lines(&output)[0]["Code"], "cancelled");
}

#[tokio::test]
async fn texts_of_clients_make_neither_dimensions_nor_codes() {
    let (app, output) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    for i in 0..200 {
        ann.send(json!({"action": "say", "code": format!("made up {i}")})).await;
        let unknown = TestEvent::message(&format!("made up {i}"), "{}").connection_id(ann.id());
        app.invoke(&unknown.to_bytes()).await.unwrap();
    }
    app.state().metrics.flush();
    let lines = lines(&output);
    let values = |name: &str| -> BTreeSet<String> {
        lines.iter().filter_map(|line| line[name].as_str().map(ToOwned::to_owned)).collect()
    };
    assert_eq!(values("Route"), BTreeSet::from(["say".to_owned(), "$unrouted".to_owned()]));
    assert_eq!(values("Code"), BTreeSet::from(["other".to_owned(), "no_route".to_owned()]));
    assert!(!output.text().contains("made up") && !output.text().contains(ann.id()));
}

#[tokio::test]
async fn sends_are_counted_by_what_became_of_them() {
    let (app, output) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    let bob = app.connect().ago(Duration::from_secs(60)).await.unwrap();
    let young = app.connect().await.unwrap();
    bob.vanish();
    young.vanish();
    ann.send(json!({"action": "shout"})).await;
    app.connections().send(ann.id(), "x").await.unwrap();
    for kind in [PostErrorKind::UnknownOutcome, PostErrorKind::Refused] {
        app.poster().fail_times(ann.id(), kind, 1);
        app.connections().send(ann.id(), "x").await.unwrap_err();
    }
    app.state().metrics.flush();
    let sums = sums(&lines(&output));
    let of = |name: &str| sums.get(name).copied().unwrap_or_default();
    assert_eq!((of("SendsDelivered"), of("SendsGone"), of("SendsConnecting")), (2, 1, 1));
    assert_eq!((of("SendsUnknown"), of("SendsFailed"), of("SendsThrottled")), (1, 1, 0));
}

#[tokio::test]
async fn handshakes_without_a_handler_and_their_ends_are_counted() {
    let (app, output) = app_with(HOURS);
    for (code, reason) in [(1005, ""), (1001, "Going away"), (1001, ""), (1006, ""), (1009, ""), (4321, "x")]
    {
        app.connect().await.unwrap().disconnect_with(code, reason).await;
    }
    let ann = app.connect().await.unwrap();
    ann.send(json!({"action": "say"})).await;
    let sums = sums(&lines(&output));
    assert_eq!(sums["Connects"], 7);
    for reason in ["Normal", "Idle", "Left", "Lost", "Refused", "Other"] {
        assert_eq!(sums[&format!("Disconnects{reason}")], 1, "{reason}");
    }
    assert_eq!((sums["TablePut"], sums["TableDelete"]), (7, 6));
}

#[tokio::test]
async fn calls_of_the_table_are_counted_by_operation() {
    let (app, output) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    app.connections().join(ann.id(), "blue", &()).await.unwrap();
    app.connections().fresh(ann.id()).await.unwrap();
    app.connections().fresh("AbC=").await.unwrap();
    app.connections().group("blue").send("x").await.unwrap();
    app.connections().leave(ann.id(), "blue").await.unwrap();
    app.connections().count().await.unwrap();
    app.state().metrics.flush();
    assert_eq!(lines(&output), Vec::<Value>::new(), "what a handle does is known from the first event on");
    ann.send(json!({"action": "say"})).await;
    let sums = sums(&lines(&output));
    for (name, count) in
        [("Put", 1), ("Join", 1), ("Get", 2), ("Members", 1), ("Leave", 1), ("SendsDelivered", 1)]
    {
        let name = if name == "SendsDelivered" { name.to_owned() } else { format!("Table{name}") };
        assert_eq!(sums[&name], count, "{name}");
    }
    assert!(sums["TableCount"] > 0 && !sums.contains_key("TableFailed"));
}

#[ws_route("$connect")]
async fn come() {}

#[ws_route("$disconnect")]
async fn go() {}

#[derive(Debug)]
#[ws_app(state = AppState, middleware = [metrics], routes = [come, go])]
struct WithoutTable;

#[tokio::test]
async fn an_app_without_a_table_counts_handshakes_too_and_each_once() {
    let output = Output::new();
    let metrics = Metrics::builder().period(HOURS).writer(output.clone()).build();
    let app = TestApp::<WithoutTable>::new(AppState { metrics });
    app.connect().await.unwrap().disconnect().await;
    app.state().metrics.flush();
    let sums = sums(&lines(&output));
    assert_eq!((sums["Connects"], sums["DisconnectsNormal"], sums["Events"]), (1, 1, 2));
    assert!(sums.keys().all(|name| !name.starts_with("Table")));
}

/// A writer that notes each call.
#[derive(Clone, Default)]
struct Calls(Arc<std::sync::Mutex<Vec<Vec<u8>>>>);

impl std::io::Write for Calls {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lines_of_events_that_run_at_once_do_not_get_into_each_other() {
    let calls = Calls::default();
    let metrics = Metrics::builder().period(Duration::ZERO).writer(calls.clone()).build();
    let service = Arc::new(Service::<Chat>::new(AppState { metrics: metrics.clone() }));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                let (event, mut answer) = (TestEvent::message("say", "{}").to_bytes(), Vec::new());
                for _ in 0..200 {
                    service.respond(&event, Invocation::default(), &mut answer).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    metrics.flush();
    let mut events = 0;
    for call in calls.0.lock().unwrap().iter() {
        let line = str::from_utf8(call).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.ends_with('\n'), "one call, one line");
        assert_is_metrics(line.trim_end());
        events += serde_json::from_str::<Value>(line).unwrap()["Events"].as_u64().unwrap();
    }
    assert_eq!(events, 8 * 200);
}

#[tokio::test]
async fn ping_is_answered_with_pong() {
    let (app, _) = app_with(HOURS);
    let ann = app.connect().await.unwrap();
    assert_eq!(ann.send(json!({"action": "ping"})).await.text(), Some(r#"{"type":"pong"}"#));
    let with_id = ann.send(json!({"action": "ping", "id": 7})).await;
    assert_eq!(with_id.text(), Some(r#"{"type":"reply","id":7,"data":{"type":"pong"}}"#));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_line_of_any_run_is_of_the_format(
        service in r"(\PC|[\x00-\x20]|é){0,40}",
        namespace in r"(AWS/)?(\PC|[:\x00-\x20]){0,40}",
        period in prop_oneof![Just(0_u64), Just(3_600)],
        messages in prop::collection::vec((0_usize..8, r#"(\PC|["\\\x00-\x1f]){1,20}"#), 0..60),
    ) {
        let output = Output::new();
        let metrics = Metrics::builder().service(service).namespace(namespace);
        let metrics = metrics.period(Duration::from_secs(period)).writer(output.clone()).build();
        let app = TestApp::<Chat>::new(AppState { metrics });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let events = runtime.block_on(async {
            let ann = app.connect().await.unwrap();
            let mut events = 0;
            for (which, text) in messages {
                events += 1;
                match ["say", "full of spaces, and é", "shout", "refuse", "break", "ping", "code", "unknown"][which] {
                    "code" => { ann.send(json!({"action": "say", "code": text})).await; }
                    "unknown" => {
                        let unknown = TestEvent::message(&text, "{}").connection_id(ann.id());
                        app.invoke(&unknown.to_bytes()).await.unwrap();
                    }
                    action => { ann.send(json!({"action": action})).await; }
                }
                assert!(lines(&output).len() <= events, "one line per event at most");
            }
            ann.disconnect().await;
            events as u64
        });
        app.state().metrics.flush();
        let lines = lines(&output);
        let sums = sums(&lines);
        prop_assert_eq!(sums.get("Events").copied().unwrap_or_default(), events);
        if events > 0 {
            prop_assert_eq!((sums["Connects"], sums["ColdStarts"]), (1, 1));
        }
    }
}
