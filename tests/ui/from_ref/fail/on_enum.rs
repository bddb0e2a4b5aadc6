use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
enum AppState {
    Open,
}

fn main() {}
