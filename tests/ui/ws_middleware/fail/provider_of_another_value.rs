use lift_ws::prelude::*;

struct Claims(u32);

#[ws_middleware]
async fn authenticate(next: impl Provide<Claims>) -> Reply {
    next.provide(1_u32).run().await
}

fn main() {}
