use lift_ws::prelude::*;

#[ws_route("$connected", middlewares = [audit])]
fn connect<T>(_: T) {}

fn main() {}
