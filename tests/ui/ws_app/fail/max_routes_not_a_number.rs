use lift_ws::prelude::*;

#[ws_app(max_routes = "many")]
struct Chat;

fn main() {}
