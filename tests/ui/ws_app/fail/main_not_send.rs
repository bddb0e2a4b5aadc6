use lift_ws::prelude::*;
use std::rc::Rc;

#[ws_app(state = u64)]
struct Chat;

async fn load() -> Result<u64, Error> {
    let shared = Rc::new(1);
    lift_ws::stateless().await?;
    Ok(*shared)
}

fn main() {
    let _ = lift_ws::main::<Chat, _>(load);
}
