use lift_ws::limit::{RateLimits, UserLimits};
use lift_ws::prelude::*;
use lift_ws::rate_limit;

struct Payments;

rate_limit!(limit_payments: UserLimits<Payments>);

#[derive(Clone, FromRef)]
struct AppState {
    limits: RateLimits,
    users: UserLimits,
}

#[ws_route("pay", middleware = [limit_payments])]
async fn pay() {}

#[ws_app(state = AppState, routes = [pay])]
struct Shop;

fn main() {}
