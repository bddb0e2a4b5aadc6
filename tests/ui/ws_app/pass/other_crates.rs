use lift_ws::prelude::*;
use lift_ws_tests_other::{ShopState, price, shop};

#[ws_app(state = ShopState, middleware = [shop::open_hours], routes = [shop::say, price])]
struct Mine;

fn main() {
    assert_eq!(Mine::ROUTES.len(), lift_ws_tests_other::Shop::ROUTES.len());
}
