use lift_ws::prelude::*;

#[ws_authorizer(identity_sources = ["$request.header.Authorization"])]
async fn authorize() -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
