use lift_ws::extract::Headers;
use lift_ws::prelude::*;

#[ws_route("say")]
async fn say(_: RawBody<'_>, _: Headers<'_>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
