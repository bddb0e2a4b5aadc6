use lift_ws::prelude::*;

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
