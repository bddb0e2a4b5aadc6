use lift_ws::prelude::*;

#[ws_route("")]
async fn say() {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
