use lift_ws::prelude::*;

struct Claims;

#[ws_middleware(provides = Claims)]
async fn authenticate(next: impl Provide<Claims>) -> Reply {
    next.provide(Claims).run().await
}

fn main() {}
