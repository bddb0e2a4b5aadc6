use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() -> bool {
    true
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
