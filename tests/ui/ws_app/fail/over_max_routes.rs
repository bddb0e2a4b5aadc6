use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_route("shout")]
async fn shout() {}

#[ws_route("whisper")]
async fn whisper() {}

#[ws_app(max_routes = 2, routes = [say, shout, whisper])]
struct Chat;

fn main() {}
