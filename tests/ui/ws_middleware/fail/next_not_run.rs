use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> Reply {
    next.await
}

fn main() {}
