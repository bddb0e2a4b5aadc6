use lift_ws::prelude::*;

#[ws_middleware]
async fn audit(next: impl Next, event: &Event<'_>) -> Reply {
    drop(event);
    next.run().await
}

fn main() {}
