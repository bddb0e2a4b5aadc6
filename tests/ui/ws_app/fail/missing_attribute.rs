use lift_ws::prelude::*;

async fn say() {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
