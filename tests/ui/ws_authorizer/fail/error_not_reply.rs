use lift_ws::prelude::*;

#[derive(Debug)]
struct Failed;

#[ws_authorizer]
async fn authorize() -> Result<Allow, Failed> {
    Err(Failed)
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
