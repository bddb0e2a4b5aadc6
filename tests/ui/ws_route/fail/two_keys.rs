use lift_ws::prelude::*;

#[ws_route("say", "shout")]
async fn say() {}

fn main() {}
