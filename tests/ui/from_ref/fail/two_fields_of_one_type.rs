use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    host: String,
    port: u16,
    name: String,
}

fn main() {}
