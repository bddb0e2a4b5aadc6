use lift_ws::prelude::*;

#[ws_route("say", timeout = 29)]
async fn say() {}

fn main() {}
