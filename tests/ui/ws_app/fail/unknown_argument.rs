use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_app(timeout = 29, routes = [say])]
struct Chat;

fn main() {}
