#![deny(dead_code)]

use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_route("forgotten")]
async fn forgotten(_: RawBody<'_>) {}

#[ws_app(routes = [say])]
struct Chat;

fn main() {
    let _ = (Chat, Chat::routes());
}
