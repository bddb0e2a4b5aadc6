use lift_ws::prelude::*;

struct Hello;

#[ws_route("say")]
async fn say(_: Json<Hello>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
