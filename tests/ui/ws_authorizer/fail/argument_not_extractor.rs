use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize(_: u32) -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
