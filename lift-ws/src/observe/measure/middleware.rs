//! The middleware that counts.

use super::Metrics;
use super::gathered::Outcome;
use crate::extract::State;
use crate::middleware::Next;
use crate::observe::Observed;
use crate::{Reply, ambient, ws_middleware};
use std::time::Instant;

/// Middleware, for the whole app, that counts and times events and writes [`Metrics`] as lines of the log, in CloudWatch's
/// embedded metric format. [`METRICS`](super::METRICS) lists them.
///
/// ```
/// use lift_ws::observe::{Metrics, metrics};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { metrics: Metrics }
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = AppState, middleware = [metrics], routes = [say])]
/// struct Chat;
/// ```
///
/// A message costs two looks at the clock and a short lock, and allocates nothing once its route has been seen. At its end
/// it writes one line at most, with what was gathered since the last one.
///
/// What [`Connections`](crate::connection::Connections) does is counted there and joins the next line: sends, calls of
/// the table, handshakes and their ends, also those of connections without a handler for them.
#[ws_middleware(crate = crate)]
pub async fn metrics(State(metrics): State<Metrics>, observed: Observed<'_>, next: impl Next) -> Reply {
    let mut watch = Watch { metrics: &metrics, observed, start: ambient::now(), outcome: None };
    let reply = next.run().await;
    watch.outcome = Some(Outcome::of(&reply));
    reply
}

/// Counts the event when it is over, also one that panics or is stopped.
struct Watch<'w> {
    metrics: &'w Metrics,
    observed: Observed<'w>,
    start: Instant,
    outcome: Option<Outcome>,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let latency = ambient::now().saturating_duration_since(self.start);
        let outcome = self.outcome.unwrap_or_else(Outcome::unfinished);
        self.metrics.count(&self.observed, latency, outcome);
    }
}
