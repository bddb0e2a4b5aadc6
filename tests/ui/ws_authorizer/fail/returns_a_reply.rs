use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() -> Result<Accept, Reject> {
    Ok(Accept::new())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
