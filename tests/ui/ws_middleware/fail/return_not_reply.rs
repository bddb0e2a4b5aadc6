use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> u32 {
    next.run().await.status().into()
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [audit], routes = [say])]
struct Chat;

fn main() {}
