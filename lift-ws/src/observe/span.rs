//! A span for each event.

use super::Observed;
use super::spans::Spans;
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
        end.span.record("user", display(spans.shown(user)));
    }
    end.outcome = Some((reply.status(), reply.static_error_code().or(reply.error_code().and(Some("other")))));
    reply
}

fn open(spans: &Spans, observed: &Observed<'_>) -> Span {
    let event = observed.event();
    let span = tracing::info_span!(
        "event",
        route = observed.route_key(),
        connection_id = event.connection_id(),
        request_id = event.request_id(),
        trace_id = observed.invocation().trace_root(),
        user = Empty,
        status = Empty,
        code = Empty,
        duration_ms = Empty,
    );
    if spans.has_users() && !span.is_disabled() {
        let identity = Identity::authorized(event);
        let authorized = identity.as_ref().and_then(Identity::user);
        let user = authorized.or_else(|| observed.record().and_then(Record::user));
        if let Some(user) = user {
            span.record("user", display(spans.shown(user)));
        }
    }
    span
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
        self.span.record("status", status);
        if let Some(code) = code {
            self.span.record("code", code);
        }
        self.span.record("duration_ms", took.as_micros() as f64 / 1_000.0);
        if self.has_line {
            self.span.in_scope(|| tracing::info!("answered"));
        }
    }
}
