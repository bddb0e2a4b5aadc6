use lift_ws::prelude::*;

#[ws_route("$connect")]
async fn connect() {}

#[ws_app(authorizer = connect)]
struct Chat;

fn main() {}
