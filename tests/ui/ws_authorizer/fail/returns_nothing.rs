use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() {
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
