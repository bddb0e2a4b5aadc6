use lift_ws::prelude::*;

#[ws_route("$message")]
async fn message(_: RawBody<'_>) {}

fn main() {}
