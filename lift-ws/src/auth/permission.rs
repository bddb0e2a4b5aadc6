//! Who may do what, as middleware.

use super::{AuthError, AuthErrorKind, LEEWAY, Principal};
use crate::event::Event;
use crate::middleware::Next;
use crate::{Reply, ws_middleware};

/// Middleware for messages that lets through who is somebody: not an anonymous connection, nor one whose login has expired.
///
/// ```
/// use lift_ws::auth::require_user;
/// use lift_ws::prelude::*;
///
/// #[ws_route("say", middleware = [require_user])]
/// async fn say(text: RawBody<'_>) {}
/// # #[ws_app(routes = [say])] struct Chat;
/// ```
#[ws_middleware(crate = crate)]
pub async fn require_user(me: Principal<'_>, next: impl Next) -> Result<Reply, AuthError> {
    if me.user().is_none() {
        return Err(AuthErrorKind::MissingRole.into());
    }
    if me.is_expired() {
        return Err(AuthErrorKind::SessionExpired.into());
    }
    Ok(next.run().await)
}

/// Middleware for `$connect` behind a Lambda authorizer: it stores whom the authorizer named, with roles and expiry, as if
/// the handler had verified a token itself. A handshake that no authorizer has seen is refused; so is a login that has been
/// over for 30 seconds: until then it comes in, as by a verifier inside `$connect`, since clocks may be so far apart.
///
/// Which context values are read says [`Principal::of_authorizer`].
///
/// ```
/// use lift_ws::auth::trust_authorizer;
/// use lift_ws::prelude::*;
///
/// #[ws_route("$connect", middleware = [trust_authorizer])]
/// async fn connect() {}
/// # #[ws_app(routes = [connect])] struct Chat;
/// ```
#[ws_middleware(crate = crate)]
pub async fn trust_authorizer(event: &Event<'_>, next: impl Next) -> Result<Reply, AuthError> {
    let principal = Principal::of_authorizer(event).ok_or(AuthErrorKind::MissingAuthorizer)?;
    if principal.was_over_before(LEEWAY) {
        return Err(AuthErrorKind::Expired.into());
    }
    Ok(principal.admit(next.run().await))
}

/// Makes middleware for messages that lets through who has a role, or one of several.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::require_role;
///
/// require_role!(admins: "admin");
/// require_role!(
///     /// Whoever keeps order.
///     pub staff: "admin" | "moderator"
/// );
///
/// #[ws_route("ban", middleware = [staff])]
/// async fn ban(name: RawBody<'_>) {}
/// # #[ws_route("shutdown", middleware = [admins])] async fn shutdown(name: RawBody<'_>) {}
/// # #[ws_app(routes = [ban, shutdown])] struct Chat;
/// ```
///
/// The roles are those of the stored [`Principal`](crate::auth::Principal). Others read `forbidden`; whose login has expired
/// reads `session_expired`: a role lasts as long as the token that gave it. It is an ordinary middleware:
///
/// ```
/// # use lift_ws::auth::{AuthError, Principal};
/// # use lift_ws::prelude::*;
/// #[ws_middleware]
/// async fn staff(me: Principal<'_>, next: impl Next) -> Result<Reply, AuthError> {
///     me.require(&["admin", "moderator"])?;
///     Ok(next.run().await)
/// }
/// ```
#[macro_export]
macro_rules! require_role {
    ($(#[$attribute:meta])* $visibility:vis $name:ident: $($role:literal)|+) => {
        $(#[$attribute])*
        #[$crate::ws_middleware(crate = $crate)]
        $visibility async fn $name(
            me: $crate::auth::Principal<'_>,
            next: impl $crate::middleware::Next,
        ) -> ::core::result::Result<$crate::Reply, $crate::auth::AuthError> {
            use $crate::middleware::Next as _;
            me.require(&[$($role),+])?;
            ::core::result::Result::Ok(next.run().await)
        }
    };
}
