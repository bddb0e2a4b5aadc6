use lift_ws::prelude::*;

#[ws_route("say")]
async fn say(_: Json<Say>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
