use lift_ws::prelude::*;

#[ws_authorizer(identity_sources = ["route.request.header.A, route.request.header.B"])]
async fn authorize() -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
