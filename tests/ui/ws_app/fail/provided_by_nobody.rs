use lift_ws::prelude::*;

struct Claims;

#[ws_route("say")]
async fn say(_: Provided<'_, Claims>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
