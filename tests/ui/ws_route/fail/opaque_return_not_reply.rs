use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() -> impl Sized {
    1
}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
