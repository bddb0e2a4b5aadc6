use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() -> Result<(), u32> {
    Err(1)
}

fn main() {}
