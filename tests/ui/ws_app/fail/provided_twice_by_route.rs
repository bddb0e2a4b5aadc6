use lift_ws::prelude::*;

struct Claims(u32);

#[ws_middleware]
async fn authenticate(next: impl Provide<Claims>) -> Reply {
    next.provide(Claims(1)).run().await
}

#[ws_route("say", middleware = [authenticate])]
async fn say(_: Provided<'_, Claims>) {}

#[ws_app(middleware = [authenticate], routes = [say])]
struct Chat;

fn main() {}
