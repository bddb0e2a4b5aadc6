use lift_ws::prelude::*;

#[ws_route("$disconnect")]
async fn bye(why: DisconnectReason<'_>, body: Option<RawBody<'_>>) {
    let _ = (why, body);
}

#[ws_app(routes = [bye])]
struct Chat;

fn main() {}
