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

#[ws_middleware]
async fn require(Provided(claims): Provided<'_, Claims>, next: impl Next) -> Reply {
    if claims.0 == 1 { next.run().await } else { Reply::ok() }
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [authenticate, again, require], routes = [say])]
struct Chat;

fn main() {}
