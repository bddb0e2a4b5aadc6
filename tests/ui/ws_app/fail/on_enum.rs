use lift_ws::prelude::*;

#[ws_app]
enum Chat {}

fn main() {}
