use lift_ws::prelude::*;

struct Token(String);

#[ws_authorizer]
async fn authorize(token: Token) -> Allow {
    drop(token.0);
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
