use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(_: u32, next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("$connect")]
async fn connect() {}

#[ws_route("say", middleware = [audit])]
async fn say() {}

#[ws_app(middleware = [audit], routes = [connect, say])]
struct Chat;

fn main() {}
