use lift_ws::prelude::*;

#[ws_route("say")]
async unsafe fn say() {}

fn main() {}
