use lift_ws::prelude::*;

#[ws_middleware]
struct Audit;

fn main() {}
