use lift_ws::observe::{Metrics, metrics, trace};
use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    metrics: Metrics,
}

#[ws_route("say")]
async fn say() {}

#[ws_app(state = AppState, middleware = [trace, metrics], routes = [say])]
struct Chat;

fn main() {}
