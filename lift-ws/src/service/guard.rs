//! What stands between a handler and the environment: panics are caught, failures are logged.

use crate::Reply;
use crate::chain::Chain;
use crate::event::{Event, EventType};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs a handler on; a panic becomes an internal error, and the environment lives on. The handler stays where it is:
/// its future is large to move.
pub(super) fn poll(handler: Pin<&mut impl Future<Output = Reply>>, cx: &mut Context<'_>) -> Poll<Reply> {
    poll_or(handler, cx, |panic| Reply::internal(format!("the handler panicked: {panic}")))
}

/// The same for what ends otherwise than in a reply.
pub(super) fn poll_or<T>(
    handler: Pin<&mut impl Future<Output = T>>,
    cx: &mut Context<'_>,
    panicked: impl FnOnce(&str) -> T,
) -> Poll<T> {
    // unwind safe: the event is over, and what a handler shares between events is behind its own locks
    match catch_unwind(AssertUnwindSafe(|| handler.poll(cx))) {
        Ok(polled) => polled,
        Err(panic) => Poll::Ready(panicked(text(&*panic))),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}

/// Failures of the server at `error` with their cause; refused handshakes, of which the client cannot read why, at
/// `info`; refusals of messages at `debug` (the local gateway shows them).
pub(super) fn log(reply: &Reply, event: &Event<'_>) {
    let (Some(code), Some(message)) = (reply.error_code(), reply.error_message()) else { return };
    let (route, request_id, connection_id) = (event.route_key(), event.request_id(), event.connection_id());
    let status = reply.status();
    match (reply.cause(), status) {
        (Some(cause), 500..) => {
            tracing::error!(route, request_id, connection_id, code, status, cause = %Chain(cause), "the handler failed");
        }
        (Some(cause), _) => {
            tracing::info!(route, request_id, connection_id, code, status, cause = %Chain(cause), "refused: {message}");
        }
        (None, _) if event.event_type() == EventType::Connect => {
            tracing::info!(route, request_id, connection_id, code, status, "refused: {message}");
        }
        (None, _) => tracing::debug!(route, request_id, connection_id, code, status, "refused: {message}"),
    }
}
