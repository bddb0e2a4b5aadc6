use lift_ws::prelude::*;

#[ws_route(key = "say")]
async fn say() {}

fn main() {}
