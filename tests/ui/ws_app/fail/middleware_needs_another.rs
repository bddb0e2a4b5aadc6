use lift_ws::prelude::*;

struct Claims;

#[ws_middleware]
async fn require(_: Provided<'_, Claims>, next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("say", middleware = [require])]
async fn say() {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
