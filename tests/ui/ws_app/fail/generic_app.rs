use lift_ws::prelude::*;

#[ws_app]
struct Chat<T>(T);

fn main() {}
