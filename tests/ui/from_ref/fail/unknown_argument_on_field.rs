use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    #[from_ref(ignore)]
    host: String,
}

fn main() {}
