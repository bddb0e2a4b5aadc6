use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize<T>() -> Allow<T> {
    loop {}
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
