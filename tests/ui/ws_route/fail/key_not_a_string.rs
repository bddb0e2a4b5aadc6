use lift_ws::prelude::*;

#[ws_route(5)]
async fn say() {}

fn main() {}
