//! Bytes to bytes allocates nothing: CONNECT, a MESSAGE of 771 bytes with an escaped, typed body and a two-way
//! reply, and DISCONNECT, each behind five middlewares (design §2); and behind those that observe, where every event writes
//! a line of metrics and has a span. The stack of a usual production app allocates nothing either: what its log costs is the
//! subscriber's. Counts are of one thread, so tests do not see each other.

use lift_ws::auth::require_user;
use lift_ws::connection::{Admission, Connections};
use lift_ws::limit::{Rate, RateLimits, limit_rate, within_deadline};
use lift_ws::observe::{JsonFields, JsonLines, Metrics, Spans, metrics, trace};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;
use lift_ws::{App, Invocation, Service, health};
use std::fmt::Debug;
use std::hint::black_box;
use std::io::{self, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

#[derive(Deserialize)]
struct Move<'m> {
    #[serde(borrow)]
    game: Text<'m>,
    x: u32,
    y: u32,
}

#[derive(Serialize)]
struct Moved<'m> {
    r#type: &'static str,
    game: Text<'m>,
    at: (u32, u32),
}

#[ws_route("$connect")]
async fn connect(id: ConnectionId<'_>) -> Result<Accept, Reject> {
    if id.is_empty() { Err(Reject::forbidden()) } else { Ok(Accept::new()) }
}

#[ws_route("move")]
async fn moved<'m>(Json(m): Json<Move<'m>>, State(scale): State<u32>) -> Result<Json<Moved<'m>>, Error> {
    Ok(Json(Moved { r#type: "moved", game: m.game, at: (m.x * scale, m.y * scale) }))
}

#[ws_route("$disconnect")]
async fn bye(_why: DisconnectReason<'_>) {}

struct Stage<'e>(&'e str);

#[ws_middleware]
async fn one(event: &Event<'_>, next: impl Next) -> Reply {
    if event.stage().is_empty() { Reply::error("no_stage", "no stage") } else { next.run().await }
}
#[ws_middleware]
async fn two<'e>(event: &'e Event<'e>, next: impl Provide<Stage<'e>>) -> Reply {
    next.provide(Stage(event.stage())).run().await
}
#[ws_middleware]
async fn three(Provided(stage): Provided<'_, Stage<'_>>, next: impl Next) -> Reply {
    if stage.0 == "closed" { Reply::status_only(503) } else { next.run().await }
}
#[ws_middleware]
async fn four(State(_scale): State<u32>, next: impl Next) -> Reply {
    next.run().await
}
#[ws_middleware]
async fn five(next: impl Next) -> Reply {
    let reply = next.run().await;
    if reply.is_success() { reply } else { reply.with_status(500) }
}

#[ws_app(state = u32, middleware = [one, two, three, four, five], routes = [connect, moved, bye])]
struct Game;

/// Polls until it is ready, with a waker that allocates nothing.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// The contract's MESSAGE sample with another body, 771 bytes long.
fn message() -> Vec<u8> {
    let mut event: serde_json::Value = serde_json::from_str(include_str!("../samples/message.json")).unwrap();
    event["requestContext"]["routeKey"] = "move".into();
    let with_body = |event: &mut serde_json::Value, pad: usize| {
        event["body"] =
            format!(r#"{{"action":"move","game":"blue","x":3,"y":4,"pad":"{}"}}"#, "p".repeat(pad)).into();
        event.to_string()
    };
    let pad = 771 - with_body(&mut event, 0).len();
    with_body(&mut event, pad).into_bytes()
}

#[derive(Clone, FromRef)]
struct Watched {
    scale: u32,
    spans: Spans,
    metrics: Metrics,
}

#[ws_app(state = Watched, middleware = [trace, metrics, five], routes = [connect, moved, bye, health::ping])]
struct WatchedGame;

/// Looks at every field and keeps nothing.
struct Looking;

impl Visit for Looking {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        struct Nowhere;
        impl std::fmt::Write for Nowhere {
            fn write_str(&mut self, _: &str) -> std::fmt::Result {
                Ok(())
            }
        }
        std::fmt::write(&mut Nowhere, format_args!("{value:?}")).unwrap();
    }
}

impl tracing::Subscriber for Looking {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Looking);
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Looking);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Looking);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn bytes_to_bytes_allocates_nothing() {
    nothing_by(&Service::<Game>::new(10));
    for period in [Duration::ZERO, Duration::from_secs(3_600)] {
        let metrics = Metrics::builder().period(period).writer(io::sink()).build();
        let watched = Watched { scale: 10, spans: Spans::new(), metrics };
        tracing::subscriber::with_default(Looking, || nothing_by(&Service::<WatchedGame>::new(watched)));
    }
}

fn nothing_by<A: App>(service: &Service<A>) {
    let message = message();
    assert_eq!(message.len(), 771);
    let with_id =
        String::from_utf8(message.clone()).unwrap().replace(r#"\"action\""#, r#"\"id\":\"k\",\"action\""#);
    let mut answer = Vec::with_capacity(1024);
    for (name, payload, expected) in [
        ("CONNECT", include_bytes!("../samples/connect.json").as_slice(), r#"{"statusCode":200}"#),
        (
            "MESSAGE",
            &message,
            r#"{"statusCode":200,"body":"{\"type\":\"moved\",\"game\":\"blue\",\"at\":[30,40]}"}"#,
        ),
        (
            "MESSAGE with id",
            with_id.as_bytes(),
            r#"{"statusCode":200,"body":"{\"type\":\"reply\",\"id\":\"k\",\"data\":{\"type\":\"moved\",\"game\":\"blue\",\"at\":[30,40]}}"}"#,
        ),
        ("DISCONNECT", include_bytes!("../samples/disconnect.json"), r#"{"statusCode":200}"#),
    ] {
        for _ in 0..20 {
            block_on(service.respond(payload, Invocation::default(), &mut answer)).unwrap();
        }
        let counted = allocation_counter::measure(|| {
            block_on(service.respond(payload, Invocation::default(), &mut answer)).unwrap();
        });
        assert_eq!(str::from_utf8(&answer).unwrap(), expected);
        assert_eq!(counted.count_total, 0, "{name} allocates");
    }
}

#[derive(Clone, FromRef)]
struct Production {
    scale: u32,
    spans: Spans,
    metrics: Metrics,
    limits: RateLimits,
}

#[ws_app(
    state = Production,
    middleware = [trace, metrics, limit_rate, within_deadline, require_user],
    routes = [moved]
)]
struct Stacked;

#[ws_middleware]
async fn keep_a_box(next: impl Next) -> Reply {
    let kept = black_box(Box::new(1_u8));
    let reply = next.run().await;
    drop(kept);
    reply
}

#[ws_app(
    state = Production,
    middleware = [trace, metrics, limit_rate, within_deadline, require_user, keep_a_box],
    routes = [moved]
)]
struct StackedOverABox;

/// Lines of the log and of metrics, with room for all of a test.
#[derive(Clone)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::with_capacity(1 << 20))))
    }

    /// How many of them say this.
    fn with(&self, text: &str) -> usize {
        let lines = self.0.lock().unwrap();
        str::from_utf8(&lines).unwrap().lines().filter(|line| line.contains(text)).count()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs as `lift_ws::main` does on Lambda.
fn log_to(lines: &Lines) -> impl tracing::Subscriber + Send + Sync + use<> {
    let lines = lines.clone();
    let log = tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(JsonLines::new());
    log.with_writer(move || lines.clone()).finish()
}

const RUNS: usize = 30;

/// The least of many runs: a line that is longer than all before may make a subscriber's buffer grow.
fn least(mut operation: impl FnMut()) -> u64 {
    (0..RUNS).map(|_| allocation_counter::measure(&mut operation).count_total).min().unwrap()
}

/// What one message of a known user allocates, each with a line of metrics.
fn least_of<A: App<State = Production>>(lines: &Lines) -> u64 {
    let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    let mut admission = Admission::new("AbCdEdXyZ_wCQr0=", 4_000_000_000_000);
    admission.user = Some("user-42".to_owned());
    block_on(conns.bind("a1b2c3d4e5", "prod").admitted(admission)).unwrap();
    let often = Rate::per_second(1_000_000);
    let state = Production {
        scale: 10,
        spans: Spans::new(),
        metrics: Metrics::builder().period(Duration::ZERO).writer(lines.clone()).build(),
        limits: RateLimits::in_memory().per_connection(often),
    };
    let service = Service::<A>::new(state).with_connections(conns);
    let (message, mut answer) = (message(), Vec::with_capacity(1024));
    let least = least(|| block_on(service.respond(&message, Invocation::default(), &mut answer)).unwrap());
    let expected = r#"{"statusCode":200,"body":"{\"type\":\"moved\",\"game\":\"blue\",\"at\":[30,40]}"}"#;
    assert_eq!(str::from_utf8(&answer).unwrap(), expected);
    least
}

/// What the subscriber itself allocates for a span and a line of the same fields.
fn least_of_a_span() -> u64 {
    least(|| {
        let span = tracing::info_span!(
            "event",
            route = "move",
            connection_id = "AbCdEdXyZ_wCQr0=",
            request_id = "AbCdKGgHiJkFabN=",
            trace_id = tracing::field::Empty,
            user = %"49915e0d7d4b402e",
            status = tracing::field::Empty,
            code = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
        );
        span.in_scope(|| black_box(()));
        tracing::record_all!(span, status = 200_u16, duration_ms = 0.012_f64);
        tracing::info!(parent: &span, "answered");
    })
}

#[test]
fn five_middlewares_of_a_production_stack_allocate_nothing_but_what_the_log_does() {
    let lines = Lines::new();
    tracing::subscriber::with_default(Looking, || {
        assert_eq!(least_of::<Stacked>(&lines), 0);
        assert_eq!(least_of::<StackedOverABox>(&lines), 1, "what is allocated is seen");
    });
    assert_eq!(lines.with(r#""Latency":"#), 2 * RUNS);
    let log = Lines::new();
    let stacked = tracing::subscriber::with_default(log_to(&log), || least_of::<Stacked>(&lines));
    assert_eq!(log.with(r#""message":"answered""#), RUNS);
    assert_eq!((log.with(r#""user":"#), log.with(r#""status":200"#)), (RUNS, RUNS));
    let of_the_log = tracing::subscriber::with_default(log_to(&Lines::new()), least_of_a_span);
    assert_eq!(stacked, of_the_log);
    let over_a_box =
        tracing::subscriber::with_default(log_to(&Lines::new()), || least_of::<StackedOverABox>(&lines));
    assert_eq!(over_a_box, of_the_log + 1, "what is allocated beside the log is seen");
}
