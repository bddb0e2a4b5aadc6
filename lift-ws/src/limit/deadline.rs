//! Handlers that are too slow are cut off while there is time to say so.

use super::{LimitError, LimitErrorKind};
use crate::ambient;
use crate::event::{Event, EventType};
use crate::extract::{Deadline, integration_timeout};
use crate::middleware::Next;
use crate::{IntoReply, Invocation, Reply, ws_middleware};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// What is left for the error frame: on a one-way route it is a call to the management API, which itself has to end 200 ms
/// before the invocation.
const MARGIN: Duration = Duration::from_millis(500);

/// When a handler is cut off.
///
/// ```
/// use lift_ws::limit::DeadlineRules;
/// use std::time::Duration;
///
/// const RULES: DeadlineRules = DeadlineRules::new().integration_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineRules {
    /// The gateway's own unless set.
    integration_timeout: Option<Duration>,
    margin: Duration,
}

impl DeadlineRules {
    /// The integration has 29 seconds, as it has unless it says less (contract §3.5), and half a second is kept back.
    ///
    /// Where `LIFT_WS_INTEGRATION_TIMEOUT` is set, as by `cargo lift-ws dev --no-timeouts`, the integration has so many seconds:
    /// see [`Deadline`](crate::extract::Deadline). A time of [`integration_timeout`](Self::integration_timeout) goes before it.
    #[must_use]
    pub const fn new() -> Self {
        Self { integration_timeout: None, margin: MARGIN }
    }

    /// How long the integration has, counted from when the gateway got the request; or how long you would have it.
    #[must_use]
    pub const fn integration_timeout(mut self, time: Duration) -> Self {
        self.integration_timeout = Some(time);
        self
    }

    /// How much earlier a handler is cut off: what it takes to send the error frame.
    #[must_use]
    pub const fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// What [`within_deadline`] does, for middleware of one's own.
    ///
    /// A handler that never waits is not cut off, and costs no look at a clock.
    ///
    /// # Cancel safety
    /// As that of the handler.
    pub async fn run(&self, event: &Event<'_>, invocation: Invocation<'_>, next: impl Next) -> Reply {
        let mut handler = pin!(next.run());
        let at_once = poll_fn(|cx| Poll::Ready(handler.as_mut().poll(cx))).await;
        if let Poll::Ready(reply) = at_once {
            return reply;
        }
        let time = self.of(event, &invocation).remaining();
        match ambient::timeout_at(ambient::now() + time, handler).await {
            Ok(reply) => reply,
            Err(_) => LimitError::new(LimitErrorKind::TimedOut)
                .because("the handler did not end in time, and was cut off where it waited")
                .into_reply(),
        }
    }
}

impl DeadlineRules {
    /// Nobody waits for the answer to a DISCONNECT.
    fn of(&self, event: &Event<'_>, invocation: &Invocation<'_>) -> Deadline {
        match event.event_type() {
            EventType::Disconnect => Deadline::of_lambda(invocation, self.margin),
            EventType::Connect | EventType::Message => {
                let patience = self.integration_timeout.unwrap_or_else(integration_timeout);
                Deadline::within(event, invocation, patience, self.margin)
            }
        }
    }
}

impl Default for DeadlineRules {
    fn default() -> Self {
        Self::new()
    }
}

/// Middleware, for the whole app or single routes, that cuts a slow handler off while there is still time to say so: the
/// client reads `timeout`, and a handshake is refused with 504.
///
/// A handler has until the lesser of Lambda's deadline and 29 seconds after the gateway got the request, less half a second;
/// on `$disconnect`, for which nobody waits, until Lambda's. [`deadline!`](crate::deadline) makes middleware of other times.
/// It needs nothing in the state. Jobs are bounded by the run time.
///
/// The handler's future is dropped where it waits: what it has sent or stored by then stays. One that computes without
/// waiting cannot be cut off. What Lambda cuts off itself ends with the whole environment, and the client reads the gateway's
/// `Internal server error`.
///
/// ```
/// use lift_ws::limit::within_deadline;
/// use lift_ws::prelude::*;
///
/// #[ws_route("work")]
/// async fn work() -> Json<&'static str> { Json("done") }
///
/// #[ws_app(middleware = [within_deadline], routes = [work])]
/// struct App;
/// ```
#[ws_middleware(crate = crate)]
pub async fn within_deadline(event: &Event<'_>, invocation: Invocation<'_>, next: impl Next) -> Reply {
    DeadlineRules::new().run(event, invocation, next).await
}

/// Makes middleware as [`within_deadline`](crate::limit::within_deadline) is, with other times.
///
/// ```
/// use lift_ws::deadline;
/// use lift_ws::limit::DeadlineRules;
/// use lift_ws::prelude::*;
/// use std::time::Duration;
///
/// deadline!(within_3_seconds: DeadlineRules::new().integration_timeout(Duration::from_secs(3)));
///
/// #[ws_route("search", middleware = [within_3_seconds])]
/// async fn search(words: RawBody<'_>) -> Json<u32> { Json(0) }
/// # #[ws_app(routes = [search])] struct App;
/// ```
#[macro_export]
macro_rules! deadline {
    ($(#[$attribute:meta])* $visibility:vis $name:ident: $rules:expr) => {
        $(#[$attribute])*
        #[$crate::ws_middleware(crate = $crate)]
        $visibility async fn $name(
            event: &$crate::Event<'_>,
            invocation: $crate::Invocation<'_>,
            next: impl $crate::middleware::Next,
        ) -> $crate::Reply {
            const RULES: $crate::limit::DeadlineRules = $rules;
            RULES.run(event, invocation, next).await
        }
    };
}
