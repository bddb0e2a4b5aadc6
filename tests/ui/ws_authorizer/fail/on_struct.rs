use lift_ws::prelude::*;

#[ws_authorizer]
struct Authorize;

fn main() {}
