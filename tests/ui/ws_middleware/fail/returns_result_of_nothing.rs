use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next) -> Result<(), Error> {
    let _reply = next.run().await;
    Ok(())
}

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [audit], routes = [say])]
struct Chat;

fn main() {}
