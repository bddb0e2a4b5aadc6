use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() -> Allow {
    Allow::new(&Default::default())
}

#[ws_app(jobs = [authorize])]
struct Chat;

fn main() {}
