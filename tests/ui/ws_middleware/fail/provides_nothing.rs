use lift_ws::prelude::*;

struct Claims;

#[ws_middleware]
async fn authenticate(next: impl Next) -> Reply {
    next.provide(Claims).run().await
}

fn main() {}
