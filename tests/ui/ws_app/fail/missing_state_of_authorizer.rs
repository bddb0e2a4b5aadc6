use lift_ws::prelude::*;

#[derive(Clone)]
struct Keys;

#[ws_authorizer]
async fn authorize(_: State<Keys>, _: Headers<'_>) -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
