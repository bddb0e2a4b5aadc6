use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[ws_route("$connect")]
async fn connect(Json(hello): Json<Hello>) {
    drop(hello.name);
}

#[ws_app(routes = [connect])]
struct Chat;

fn main() {}
