//! A span for each event.

use super::Observed;
use super::spans::{Shown, Spans};
use crate::connection::{Identity, Record};
use crate::extract::State;
use crate::middleware::Next;
use crate::{Reply, ambient, ws_middleware};
use std::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

/// Middleware, for the whole app, that puts each event into a [`tracing`] span and says how it ended. [`Spans`] in the state
/// sets what is said.
///
/// ```
/// use lift_ws::observe::{Spans, trace};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { spans: Spans }
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = AppState, middleware = [trace], routes = [say])]
/// struct Chat;
/// ```
///
/// The span `event` has `route`, `connection_id`, `request_id`; `trace_id`, where X-Ray traces; `user`, where the route
/// reads the record or an authorizer names one; and at the end `status`, `code` of an error, `duration_ms`. It is of level
/// `info`; above that the middleware does nothing. It allocates nothing itself: what a subscriber does is its own affair.
#[ws_middleware(crate = crate)]
pub async fn trace(State(spans): State<Spans>, observed: Observed<'_>, next: impl Next) -> Reply {
    let span = open(&spans, &observed);
    if span.is_disabled() {
        return next.run().await;
    }
    let mut end = End { span, start: ambient::now(), has_line: spans.has_lines, outcome: None };
    let reply = next.run().instrument(end.span.clone()).await;
    if let Some(user) = reply.accept().and_then(|accept| accept.user.as_deref()).filter(|_| spans.has_users())
    {
        end.span.record("user", display(spans.shown(user.into())));
    }
    end.outcome = Some((reply.status(), reply.static_error_code().or(reply.error_code().and(Some("other")))));
    reply
}

/// Fields are not even looked for where nobody listens.
fn open(spans: &Spans, observed: &Observed<'_>) -> Span {
    let event = observed.event();
    tracing::info_span!(
        "event",
        route = observed.route_key(),
        connection_id = event.connection_id(),
        request_id = event.request_id(),
        trace_id = observed.invocation().trace_root(),
        user = user(spans, observed).map(display),
        status = Empty,
        code = Empty,
        duration_ms = Empty,
    )
}

fn user<'e>(spans: &Spans, observed: &Observed<'e>) -> Option<Shown<'e>> {
    if !spans.has_users() {
        return None;
    }
    match Identity::authorized(observed.event()).and_then(Identity::into_user) {
        Some(user) => Some(spans.shown(user.into_cow())),
        None => observed.record().and_then(Record::user).map(|user| spans.shown(user.into())),
    }
}

/// Says how the event ended, also one that panics or is stopped.
struct End {
    span: Span,
    start: Instant,
    has_line: bool,
    outcome: Option<(u16, Option<&'static str>)>,
}

impl Drop for End {
    fn drop(&mut self) {
        let took = ambient::now().saturating_duration_since(self.start);
        let (status, code) = self
            .outcome
            .unwrap_or_else(|| (500, Some(if std::thread::panicking() { "panic" } else { "cancelled" })));
        let duration_ms = took.as_micros() as f64 / 1_000.0;
        tracing::record_all!(self.span, status = status, code = code, duration_ms = duration_ms);
        if self.has_line {
            tracing::info!(parent: &self.span, "answered");
        }
    }
}
