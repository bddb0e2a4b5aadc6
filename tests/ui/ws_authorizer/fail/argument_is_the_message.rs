use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[ws_authorizer]
async fn authorize(Json(hello): Json<Hello>) -> Allow {
    drop(hello.name);
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
