use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("say", middleware = [audit], middleware = [audit])]
async fn say() {}

fn main() {}
