use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) {
    let _reply = next.run().await;
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [audit], routes = [say])]
struct Chat;

fn main() {}
