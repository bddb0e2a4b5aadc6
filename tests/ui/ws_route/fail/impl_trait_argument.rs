use lift_ws::prelude::*;

#[ws_route("say")]
async fn say(_: Json<impl Sized>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
