use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState<'a> {
    name: &'a str,
}

fn main() {}
