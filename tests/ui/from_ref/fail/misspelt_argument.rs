use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
#[from_ref(crates = ::lift_ws)]
struct AppState {
    host: String,
}

fn main() {}
