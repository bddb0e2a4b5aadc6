use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("", middleware = [audit])]
async fn say(_: RawBody<'_>) {}

fn main() {}
