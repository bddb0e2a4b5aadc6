use lift_ws::prelude::*;

#[derive(Clone)]
struct Keys;

#[derive(Clone, FromRef)]
struct AppState {
    limit: u32,
}

#[ws_authorizer]
async fn authorize(_: State<Keys>) -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(state = AppState, authorizer = authorize)]
struct Chat;

fn main() {}
