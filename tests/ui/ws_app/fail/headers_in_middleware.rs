use lift_ws::extract::Headers;
use lift_ws::prelude::*;

#[ws_middleware]
async fn origin(_: Headers<'_>, next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("$connect")]
async fn connect() {}

#[ws_route("say")]
async fn say() {}

#[ws_route("shout")]
async fn shout() {}

#[ws_app(middleware = [origin], routes = [connect, say, shout])]
struct Chat;

fn main() {}
