use lift_ws::prelude::*;

struct Claims(u32);

#[ws_middleware]
async fn authenticate(next: impl Provide<Claims>) -> Reply {
    next.provide(Claims(1)).run().await
}

#[ws_middleware]
async fn again(next: impl Provide<Claims>) -> Reply {
    next.provide(Claims(2)).run().await
}

#[ws_route("say")]
async fn say(_: Provided<'_, Claims>) {}

#[ws_app(middleware = [authenticate, again], routes = [say])]
struct Chat;

fn main() {}
