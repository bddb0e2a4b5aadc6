use lift_ws::prelude::*;

#[ws_authorizer(
    identity_sources = ["route.request.header.Authorization", "route.request.header.authorization"]
)]
async fn authorize() -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
