use lift_ws::prelude::*;
use std::sync::Arc;

struct Room;

impl Room {
    #[ws_route("say")]
    async fn say(self: Arc<Self>, _: RawBody<'_>) {}
}

fn main() {}
