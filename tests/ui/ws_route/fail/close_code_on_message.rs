use lift_ws::prelude::*;

#[ws_route("say")]
async fn say(why: DisconnectReason<'_>) {
    let _ = why;
}

fn main() {}
