use lift_ws::prelude::*;

#[ws_app(max_routes = 0)]
struct Chat;

fn main() {}
