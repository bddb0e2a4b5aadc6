use lift_ws::limit::{ConnectionLimits, limit_connections};
use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    limits: ConnectionLimits,
}

#[ws_route("say", middleware = [limit_connections])]
async fn say() {}

#[ws_app(state = AppState, routes = [say])]
struct Chat;

fn main() {}
