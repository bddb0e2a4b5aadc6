use lift_ws::prelude::*;

async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("say", middleware = [audit])]
async fn say() {}

fn main() {}
