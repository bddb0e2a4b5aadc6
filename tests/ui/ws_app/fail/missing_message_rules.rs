use lift_ws::limit::check_message;
use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    greeting: &'static str,
}

#[ws_route("say", middleware = [check_message])]
async fn say() {}

#[ws_app(state = AppState, routes = [say])]
struct Chat;

fn main() {}
