use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize(_: Provided<'_, String>) -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
