#![deny(dead_code)]

use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() -> Allow {
    Allow::new(&Default::default())
}

#[ws_app]
struct Chat;

fn main() {
    let _ = (Chat, Chat::routes());
    drop(authorize());
}
