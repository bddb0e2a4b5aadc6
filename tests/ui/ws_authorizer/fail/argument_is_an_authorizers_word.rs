use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Extra {}

#[ws_authorizer]
async fn authorize(Authorizer(_): Authorizer<Extra>) -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
