use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_route("$connect")]
async fn connect() {}

#[ws_app(middleware = [say], routes = [connect, say])]
struct Chat;

fn main() {}
