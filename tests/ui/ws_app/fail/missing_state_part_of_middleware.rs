use lift_ws::prelude::*;

#[derive(Clone)]
struct Limit(u32);

#[ws_middleware]
async fn limit(State(limit): State<Limit>, next: impl Next) -> Reply {
    if limit.0 == 0 { Reply::ok() } else { next.run().await }
}

#[ws_route("say")]
async fn say() {}

#[ws_app(state = u64, middleware = [limit], routes = [say])]
struct Chat;

fn main() {}
