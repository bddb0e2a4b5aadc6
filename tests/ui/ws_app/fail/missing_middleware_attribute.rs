use lift_ws::prelude::*;

async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [audit], routes = [say])]
struct Chat;

fn main() {}
