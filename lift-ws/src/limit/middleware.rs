//! Rate limits as middleware.

use super::{KnownSender, RateLimits, Sender, UserLimits};
use crate::extract::State;
use crate::middleware::Next;
use crate::{Reply, ws_middleware};

/// Middleware, for the whole app or single routes, that holds back what comes too often of a connection or an address.
///
/// The [`RateLimits`] come from the state. Who is held back reads `too_many_requests` with `retryAfterMs`; a handshake is
/// refused with 429. It reads nothing, and before anything else is done.
///
/// ```
/// use lift_ws::limit::{Rate, RateLimits, limit_rate};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { limits: RateLimits }
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = AppState, middleware = [limit_rate], routes = [say])]
/// struct Chat;
///
/// # fn load() -> AppState {
/// AppState { limits: RateLimits::in_memory().per_connection(Rate::per_second(10).burst(20)) }
/// # }
/// ```
#[ws_middleware(crate = crate)]
pub async fn limit_rate(State(limits): State<RateLimits>, sender: Sender<'_>, next: impl Next) -> Reply {
    limits.run(&sender, next).await
}

/// Middleware, for the whole app or single routes, that holds back what comes too often of a user or a tenant.
///
/// The [`UserLimits`] come from the state. It wants to know who it is, which may read the record: list
/// [`limit_rate`] before it. On `$connect` it counts after all that stands inside it has run, so it is listed before
/// what authenticates.
///
/// ```
/// use lift_ws::limit::{Rate, UserLimits, limit_users};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { limits: UserLimits }
///
/// #[ws_route("say", middleware = [limit_users])]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = AppState, routes = [say])]
/// struct Chat;
///
/// # fn load() -> AppState {
/// AppState { limits: UserLimits::in_memory().per_user(Rate::per_second(10)) }
/// # }
/// ```
#[ws_middleware(crate = crate)]
pub async fn limit_users(
    State(limits): State<UserLimits>,
    sender: KnownSender<'_>,
    next: impl Next,
) -> Reply {
    limits.run(&sender, next).await
}

/// Makes middleware with rate limits of its own, for routes that take more or less than others.
///
/// A type of yours tells its configuration apart from others in the state:
///
/// ```
/// use lift_ws::limit::{Rate, RateLimits, UserLimits};
/// use lift_ws::prelude::*;
/// use lift_ws::rate_limit;
///
/// pub struct Uploads;
/// pub struct Payments;
///
/// rate_limit!(limit_uploads: RateLimits<Uploads>);
/// rate_limit!(
///     /// Nobody pays that often.
///     pub limit_payments: UserLimits<Payments>
/// );
///
/// #[derive(Clone, FromRef)]
/// struct AppState { uploads: RateLimits<Uploads>, payments: UserLimits<Payments> }
///
/// #[ws_route("upload", middleware = [limit_uploads])]
/// async fn upload(part: RawBody<'_>) {}
/// # #[ws_route("pay", middleware = [limit_payments])] async fn pay() {}
/// # #[ws_app(state = AppState, routes = [upload, pay])] struct Shop;
///
/// # fn load() -> AppState {
/// AppState {
///     uploads: RateLimits::in_memory().per_connection(Rate::per_minute(6)),
///     payments: UserLimits::in_memory().per_user(Rate::per_minute(1).burst(3)),
/// }
/// # }
/// ```
#[macro_export]
macro_rules! rate_limit {
    ($(#[$attribute:meta])* $visibility:vis $name:ident: RateLimits<$for:ty>) => {
        $crate::rate_limit!(@ [$(#[$attribute])*] [$visibility] $name
            $crate::limit::RateLimits<$for>, $crate::limit::Sender<'_>);
    };
    ($(#[$attribute:meta])* $visibility:vis $name:ident: UserLimits<$for:ty>) => {
        $crate::rate_limit!(@ [$(#[$attribute])*] [$visibility] $name
            $crate::limit::UserLimits<$for>, $crate::limit::KnownSender<'_>);
    };
    (@ [$($attributes:tt)*] [$visibility:vis] $name:ident $limits:ty, $sender:ty) => {
        $($attributes)*
        #[$crate::ws_middleware(crate = $crate)]
        $visibility async fn $name(
            limits: $crate::extract::State<$limits>,
            sender: $sender,
            next: impl $crate::middleware::Next,
        ) -> $crate::Reply {
            limits.0.run(&sender, next).await
        }
    };
}
