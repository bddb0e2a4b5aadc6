use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> Reply {
    let shared = std::rc::Rc::new(1);
    let reply = next.run().await;
    drop(shared);
    reply
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [audit], routes = [say])]
struct Chat;

fn main() {}
