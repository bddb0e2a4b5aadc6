use lift_ws::prelude::*;

struct Greeting(u32);

#[derive(FromRef)]
struct AppState {
    greeting: Greeting,
}

fn main() {}
