use lift_ws::prelude::*;

#[ws_route("$disconnect")]
async fn bye() -> impl IntoReply {
    Json(1)
}

#[ws_app(routes = [bye])]
struct Chat;

fn main() {}
