use lift_ws::limit::once;
use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    greeting: &'static str,
}

#[ws_route("pay", middleware = [once])]
async fn pay() {}

#[ws_app(state = AppState, routes = [pay])]
struct Shop;

fn main() {}
