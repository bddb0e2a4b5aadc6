use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() -> impl lift_ws::authorizer::IntoVerdict {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
