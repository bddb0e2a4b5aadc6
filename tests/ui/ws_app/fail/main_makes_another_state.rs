use lift_ws::prelude::*;

#[ws_app(state = u64)]
struct Chat;

async fn load() -> Result<u32, std::io::Error> {
    Ok(1)
}

fn main() {
    let _ = lift_ws::main::<Chat, _>(load);
}
