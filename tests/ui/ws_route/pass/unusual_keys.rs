use lift_ws::prelude::*;

#[ws_route("a key with spaces, \"quotes\" and é")]
async fn odd() {}

#[ws_route("5$")]
async fn price() {}

#[ws_route(r"raw\n")]
async fn raw() {}

#[ws_route("say")]
async fn lower() {}

#[ws_route("Say")]
async fn upper() {}

#[ws_app(routes = [odd, price, raw, lower, upper])]
struct Keys;

fn main() {
    assert_eq!(Keys::ROUTES[2].key, "raw\\n");
}
