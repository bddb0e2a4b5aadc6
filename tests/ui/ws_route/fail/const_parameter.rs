use lift_ws::prelude::*;

#[ws_route("say")]
async fn say<const N: usize>(_: Json<[u32; N]>) {}

fn main() {}
