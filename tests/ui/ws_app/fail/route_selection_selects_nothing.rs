use lift_ws::prelude::*;

#[ws_app(route_selection = "action")]
struct Chat;

fn main() {}
