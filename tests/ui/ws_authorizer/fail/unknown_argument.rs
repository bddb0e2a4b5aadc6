use lift_ws::prelude::*;

#[ws_authorizer(middleware = [audit])]
async fn authorize() -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
