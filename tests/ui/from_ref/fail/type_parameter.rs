use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState<T> {
    store: T,
}

fn main() {}
