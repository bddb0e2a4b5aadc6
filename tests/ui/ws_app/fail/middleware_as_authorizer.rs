use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[ws_app(authorizer = audit)]
struct Chat;

fn main() {}
