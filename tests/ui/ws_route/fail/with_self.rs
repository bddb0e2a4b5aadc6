use lift_ws::prelude::*;

struct Room;

impl Room {
    #[ws_route("say")]
    async fn say(&self) {}
}

fn main() {}
