use lift_ws::prelude::*;

#[ws_route(say)]
async fn say() {}

fn main() {}
