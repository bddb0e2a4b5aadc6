use lift_ws::prelude::*;

struct Claims;

#[ws_middleware]
async fn authenticate(next: impl Provide<Claims>) -> Reply {
    next.run().await
}

fn main() {}
