use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_route("shout")]
async fn shout() {}

#[ws_app(routes = [say,, shout])]
struct Chat;

fn main() {}
