use lift_ws::prelude::*;

#[ws_app(state = u64)]
struct Chat;

fn load() -> Result<u64, Error> {
    Ok(1)
}

fn main() {
    let _ = lift_ws::main::<Chat, _>(load);
}
