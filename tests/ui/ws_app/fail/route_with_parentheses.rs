use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_app(routes = [say()])]
struct Chat;

fn main() {}
