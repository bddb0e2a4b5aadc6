use lift_ws::prelude::*;

#[ws_route("say")]
async fn say<T>(_: Json<T>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
