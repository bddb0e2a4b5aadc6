use lift_ws::prelude::*;

#[derive(Clone)]
struct Greeting;

#[derive(Clone, FromRef)]
struct AppState {
    limit: u32,
}

#[ws_route("say")]
async fn say(_: State<Greeting>) {}

#[ws_app(state = AppState, routes = [say])]
struct Chat;

fn main() {}
