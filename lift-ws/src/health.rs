//! A keepalive for clients that are silent for long.

use crate::extract::Json;
use crate::ws_route;
use serde::Serialize;

/// What [`ping`] answers: `{"type":"pong"}`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pong {
    r#type: &'static str,
}

/// A ready-made route, for the key `ping`: it answers `{"type":"pong"}`.
///
/// API Gateway closes a connection on which nothing was said for 10 minutes (contract §6), and pages cannot send the ping
/// frames of WebSocket. A message every few minutes keeps it open, and the answer tells the page that the way through to
/// the function works:
///
/// ```
/// use lift_ws::health;
/// use lift_ws::prelude::*;
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(routes = [say, health::ping])]
/// struct Chat;
/// ```
///
/// ```js
/// setInterval(() => ws.send(JSON.stringify({ action: "ping" })), 5 * 60 * 1000);
/// ```
///
/// It is a route, since messages without one do not reach the function: the gateway answers them itself. With a top-level
/// `id` in the message the answer is `{"type":"reply","id":…,"data":{"type":"pong"}}`. It reads nothing and allocates
/// nothing; each ping is one message on the bill.
#[ws_route("ping", crate = crate)]
pub async fn ping() -> Json<Pong> {
    Json(Pong { r#type: "pong" })
}
