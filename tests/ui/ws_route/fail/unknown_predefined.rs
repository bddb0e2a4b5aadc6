use lift_ws::prelude::*;

#[ws_route("$connected")]
async fn connect() {}

#[ws_app(routes = [connect])]
struct Chat;

fn main() {}
