use lift_ws::prelude::*;

#[ws_middleware]
async fn audit() {}

fn main() {}
