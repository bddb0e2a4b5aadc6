use lift_ws::prelude::*;

#[ws_route("say")]
struct Say;

fn main() {}
