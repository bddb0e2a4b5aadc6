use lift_ws::prelude::*;

#[ws_app("say")]
struct Chat;

fn main() {}
