use lift_ws::prelude::*;

#[ws_app(connections)]
struct Chat;

fn main() {}
