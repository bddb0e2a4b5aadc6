use lift_ws::limit::limit_rate;
use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    greeting: &'static str,
}

#[ws_route("say")]
async fn say() {}

#[ws_app(state = AppState, middleware = [limit_rate], routes = [say])]
struct Chat;

fn main() {}
