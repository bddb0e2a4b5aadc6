use lift_ws::prelude::*;

struct Extra {
    plan: String,
}

#[ws_authorizer]
async fn authorize() -> Result<Allow<Extra>, Error> {
    let extra = Extra { plan: String::new() };
    drop(extra.plan);
    Err(Error::internal("closed"))
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
