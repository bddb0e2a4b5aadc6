use lift_ws::observe::{Spans, metrics, trace};
use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    spans: Spans,
}

#[ws_route("say")]
async fn say() {}

#[ws_app(state = AppState, middleware = [trace, metrics], routes = [say])]
struct Chat;

fn main() {}
