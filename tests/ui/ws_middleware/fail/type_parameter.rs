use lift_ws::prelude::*;

#[ws_middleware]
async fn audit<N: Next>(next: N) -> Reply {
    next.run().await
}

fn main() {}
