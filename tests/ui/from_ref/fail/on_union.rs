use lift_ws::prelude::*;

#[derive(Clone, Copy, FromRef)]
union AppState {
    number: u32,
}

fn main() {}
