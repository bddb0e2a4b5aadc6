use lift_ws::prelude::*;

#[ws_route("$disconnect")]
async fn bye() -> u32 {
    1
}

fn main() {}
