use lift_ws::prelude::*;

#[ws_middleware]
fn audit(next: impl Next) -> Reply {
    drop(next);
    Reply::ok()
}

#[ws_route("say", middleware = [audit])]
async fn say() {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
