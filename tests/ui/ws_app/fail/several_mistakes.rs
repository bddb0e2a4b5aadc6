use lift_ws::prelude::*;

#[ws_app(route = [say], middlewares = [audit], max_routes = 0)]
struct Chat;

fn main() {}
