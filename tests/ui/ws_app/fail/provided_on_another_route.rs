use lift_ws::prelude::*;

struct Claims(u32);

#[ws_middleware]
async fn authenticate(_: &Event<'_>, next: impl Provide<Claims>) -> Reply {
    next.provide(Claims(1)).run().await
}

#[ws_route("open", middleware = [authenticate])]
async fn open(Provided(claims): Provided<'_, Claims>) -> Json<u32> {
    Json(claims.0)
}

/// The other route's middleware is of no use here.
#[ws_route("say")]
async fn say(Provided(claims): Provided<'_, Claims>) -> Json<u32> {
    Json(claims.0)
}

#[ws_app(routes = [open, say])]
struct Chat;

fn main() {}
