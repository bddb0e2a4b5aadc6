//! All limits at once, and two configurations of one kind.

use lift_ws::limit::*;
use lift_ws::prelude::*;
use lift_ws::{deadline, rate_limit};
use std::time::Duration;

struct Payments;

rate_limit!(limit_payments: UserLimits<Payments>);
rate_limit!(
    /// Of a path, and seen from elsewhere.
    pub(crate) limit_uploads: RateLimits<self::uploads::Uploads>
);
deadline!(within_3_seconds: DeadlineRules::new().integration_timeout(Duration::from_secs(3)));

mod uploads {
    pub struct Uploads;
}

#[derive(Clone, FromRef)]
struct AppState {
    rates: RateLimits,
    uploads: RateLimits<uploads::Uploads>,
    users: UserLimits,
    payments: UserLimits<Payments>,
    connections: ConnectionLimits,
    rules: MessageRules,
    once: Once,
}

#[ws_route("$connect", middleware = [limit_connections, limit_users])]
async fn connect() -> Accept {
    Accept::new().user("ann")
}

#[ws_route("pay", middleware = [limit_payments, within_3_seconds, once])]
async fn pay(order: RawBody<'_>) -> Json<usize> {
    Json(order.0.len())
}

#[ws_route("upload", middleware = [limit_uploads])]
async fn upload() {}

#[ws_route("$disconnect")]
async fn bye() {}

#[ws_app(
    state = AppState,
    middleware = [limit_rate, check_message, within_deadline],
    routes = [connect, pay, upload, bye],
)]
struct Shop;

fn main() {
    let _ = lift_ws::Service::<Shop>::new(AppState {
        rates: RateLimits::in_memory(),
        uploads: RateLimits::in_memory(),
        users: UserLimits::in_memory(),
        payments: UserLimits::in_memory(),
        connections: ConnectionLimits::new(),
        rules: MessageRules::new(),
        once: Once::new(MemoryLimitStore::new()),
    });
}
