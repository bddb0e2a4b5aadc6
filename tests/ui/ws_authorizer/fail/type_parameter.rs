use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize<T>() -> Allow<T> {
    todo!()
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
