use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(_: impl Sized, next: impl Next) -> Reply {
    next.run().await
}

fn main() {}
