//! The function of all rows under the middlewares of a usual production stack, each alone and all together.

use crate::records::{API, STAGE};
use crate::{MESSAGE, now};
use lift_ws::App;
use lift_ws::auth::require_user;
use lift_ws::connection::{Admission, Connections};
use lift_ws::limit::{Rate, RateLimits, limit_rate, within_deadline};
use lift_ws::observe::{JsonFields, JsonLines, Metrics, Spans, metrics, trace};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::EnvFilter;

/// What the stack takes from the state.
#[derive(Clone, Debug, FromRef)]
pub struct Production {
    spans: Spans,
    metrics: Metrics,
    limits: RateLimits,
}

impl Production {
    /// With metrics that go to `output`, and a rate that no run of ours reaches: what is refused is cheaper than what is let through.
    #[must_use]
    pub fn new(output: &Output) -> Self {
        Self {
            spans: Spans::new(),
            metrics: Metrics::builder().service("chat").writer(output.clone()).build(),
            limits: RateLimits::in_memory().per_connection(Rate::per_second(1_000_000_000)),
        }
    }
}

/// A message of a client.
#[derive(Debug, Deserialize)]
pub struct Say<'m> {
    #[serde(borrow)]
    room: Text<'m>,
    #[serde(borrow)]
    text: Text<'m>,
}

/// What it is answered.
#[derive(Debug, Serialize)]
pub struct Said<'m> {
    r#type: &'static str,
    room: Text<'m>,
    text: Text<'m>,
}

#[ws_route("sendMessage")]
async fn send_message(Json(say): Json<Say<'_>>) -> Json<Said<'_>> {
    Json(Said { r#type: "said", room: say.room, text: say.text })
}

macro_rules! apps {
    ($($(#[$doc:meta])* $app:ident: [$($middleware:ident),*];)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[ws_app(state = Production, middleware = [$($middleware),*], routes = [send_message])]
        pub struct $app;
    )*};
}

apps! {
    /// Under none.
    Bare: [];
    /// Who it is: the sender's record, which is cached.
    Known: [require_user];
    /// A line of metrics now and then.
    Counted: [metrics];
    /// A span, and a line of the log, for each message.
    Traced: [trace];
    /// A token of the connection's bucket, in memory.
    Limited: [limit_rate];
    /// Cut off when it takes too long.
    Bounded: [within_deadline];
    /// All of them, outermost first: what is refused is seen too, and who it is asked only of what may come.
    Whole: [trace, metrics, limit_rate, within_deadline, require_user];
}

/// The handle, whose cache knows the sender of the message.
///
/// # Panics
///
/// When memory cannot take it.
#[must_use]
pub fn connections() -> Connections {
    let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    let mut admission = Admission::new("AbCdEdXyZ_wCQr0=", 4_000_000_000_000);
    admission.user = Some("user-42".to_owned());
    now(conns.bind(API, STAGE).admitted(admission)).expect("memory takes it");
    conns
}

/// An app that answers the message of all rows.
///
/// # Panics
///
/// When it does not.
pub fn answering<A: App<State = Production>>(output: &Output) -> impl FnMut() {
    let service = lift_ws::Service::<A>::new(Production::new(output)).with_connections(connections());
    let (event, mut answer) = (MESSAGE.trim_end().as_bytes(), Vec::new());
    now(service.respond(event, lift_ws::Invocation::default(), &mut answer)).expect("an answer");
    let said = answer.clone();
    assert!(String::from_utf8_lossy(&said).contains(r#"{\"type\":\"said\""#), "it is answered");
    move || {
        now(service.respond(event, lift_ws::Invocation::default(), &mut answer)).expect("an answer");
        assert_eq!(answer.len(), said.len(), "it is answered as before");
    }
}

/// Logs as `main` does on Lambda, at `info`, to `output`.
///
/// # Panics
///
/// When somebody else logs already.
pub fn log_to(output: &Output) {
    let output = output.clone();
    let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("info")).with_target(false);
    let lines = lines.fmt_fields(JsonFields::new()).event_format(JsonLines::new());
    let lines = lines.with_writer(move || output.clone()).finish();
    tracing::subscriber::set_global_default(lines).expect("nobody logs yet");
}

/// A buffer that begins anew when it is full.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    /// How much was written since it began anew.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Was nothing written?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.len() > 1 << 20 {
            buffer.clear();
        }
        buffer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
