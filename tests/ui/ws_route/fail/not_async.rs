use lift_ws::prelude::*;

#[ws_route("say")]
fn say() {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
