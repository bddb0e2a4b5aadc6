use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_app(route = [say])]
struct Chat;

fn main() {}
