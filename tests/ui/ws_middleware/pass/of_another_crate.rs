use lift_ws::prelude::*;
use lift_ws_tests_other::{members::member, shop::open_hours};

#[ws_route("say", middleware = [open_hours, member])]
async fn say() {}

#[ws_app(middleware = [open_hours, lift_ws_tests_other::members::member], routes = [say])]
struct Chat;

fn main() {
    assert_eq!(Chat::MIDDLEWARE, ["lift_ws_tests_other::shop::open_hours", "lift_ws_tests_other::members::member"]);
}
