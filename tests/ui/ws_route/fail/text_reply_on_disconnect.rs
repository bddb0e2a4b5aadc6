use lift_ws::prelude::*;

#[ws_route("$disconnect")]
async fn bye(why: DisconnectReason<'_>) -> String {
    format!("{why:?}")
}

fn main() {}
