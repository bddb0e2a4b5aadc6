use lift_ws::prelude::*;

#[ws_route("$connect")]
async fn connect() {}

#[ws_route("count")]
async fn count(State(counter): State<u32>) -> Json<u32> {
    Json(counter)
}

#[ws_app(routes = [connect, count])]
struct Chat;

fn main() {}
