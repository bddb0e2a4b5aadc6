use lift_ws::prelude::*;

struct Audit;

impl Audit {
    #[ws_middleware]
    async fn audit(&self, next: impl Next) -> Reply {
        next.run().await
    }
}

fn main() {}
