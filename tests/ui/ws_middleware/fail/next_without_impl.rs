use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: Next) -> Reply {
    next.run().await
}

fn main() {}
