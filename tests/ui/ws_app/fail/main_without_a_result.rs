use lift_ws::prelude::*;

#[ws_app(state = u64)]
struct Chat;

async fn load() -> u64 {
    1
}

fn main() {
    let _ = lift_ws::main::<Chat, _>(load);
}
