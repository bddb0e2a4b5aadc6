use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(event: &Event<'_>) -> Reply {
    Reply::text(event.route_key())
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [audit], routes = [say])]
struct Chat;

fn main() {}
