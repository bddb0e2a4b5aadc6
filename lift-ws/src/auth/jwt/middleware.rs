//! Tokens as middleware of `$connect`.

use super::JwtVerifier;
use crate::auth::{AuthError, Claims, Handshake};
use crate::extract::State;
use crate::middleware::Provide;
use crate::{Reply, ws_middleware};

/// Middleware for `$connect` that lets in who has a good token, and hands on its [`Claims`] as JSON.
///
/// The [`JwtVerifier`] comes from the state. User, tenant and roles are stored with the connection, where the handler
/// says none itself; messages read them as [`Principal`](crate::auth::Principal). For claims in a type of yours use
/// [`jwt_middleware!`](crate::jwt_middleware).
///
/// ```
/// use lift_ws::auth::{Claims, Principal, JwtVerifier, authenticate};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { tokens: JwtVerifier }
///
/// #[ws_route("$connect", middleware = [authenticate])]
/// async fn connect(Provided(who): Provided<'_, Claims>) -> Accept {
///     Accept::new().group(who.get("team").and_then(|team| team.as_str()).unwrap_or("nobody's"))
/// }
///
/// #[ws_route("whoami")]
/// async fn whoami(me: Principal<'_>) -> Json<String> { Json(me.user().unwrap_or_default().to_owned()) }
///
/// #[ws_app(state = AppState, routes = [connect, whoami])]
/// struct Chat;
/// ```
#[ws_middleware(crate = crate)]
pub async fn authenticate(
    State(verifier): State<JwtVerifier>,
    handshake: Handshake<'_>,
    next: impl Provide<Claims>,
) -> Result<Reply, AuthError> {
    let claims: Claims = verifier.authenticate(&handshake).await?;
    Ok(claims.admit(next).await)
}

/// Makes middleware for `$connect` that lets in who has a good token, and hands on its [`Claims`](crate::auth::Claims)
/// in a type of yours.
///
/// The [`JwtVerifier`](crate::auth::JwtVerifier) comes from the state. User, tenant and roles are stored with the
/// connection, where the handler says none itself; messages read them as [`Principal`](crate::auth::Principal).
///
/// ```
/// use lift_ws::auth::{Claims, Principal, JwtVerifier};
/// use lift_ws::jwt_middleware;
/// use lift_ws::prelude::*;
///
/// #[derive(Deserialize)]
/// struct MyClaims { email: String }
///
/// jwt_middleware!(authenticate: MyClaims);
///
/// #[ws_route("$connect", middleware = [authenticate])]
/// async fn connect(Provided(claims): Provided<'_, Claims<MyClaims>>) -> Accept {
///     Accept::new().group(&claims.email)
/// }
///
/// #[derive(Clone, FromRef)]
/// struct AppState { tokens: JwtVerifier }
///
/// #[ws_app(state = AppState, routes = [connect])]
/// struct Chat;
/// ```
///
/// It is an ordinary middleware, which one could write as well:
///
/// ```
/// # use lift_ws::auth::{AuthError, Claims, Handshake, JwtVerifier};
/// # use lift_ws::prelude::*;
/// # #[derive(Deserialize)] struct MyClaims {}
/// #[ws_middleware]
/// async fn authenticate(
///     State(verifier): State<JwtVerifier>,
///     handshake: Handshake<'_>,
///     next: impl Provide<Claims<MyClaims>>,
/// ) -> Result<Reply, AuthError> {
///     let claims = verifier.authenticate::<MyClaims>(&handshake).await?;
///     Ok(claims.admit(next).await)
/// }
/// ```
#[macro_export]
macro_rules! jwt_middleware {
    ($(#[$attribute:meta])* $visibility:vis $name:ident: $claims:ty) => {
        $(#[$attribute])*
        #[$crate::ws_middleware(crate = $crate)]
        $visibility async fn $name(
            $crate::extract::State(verifier): $crate::extract::State<$crate::auth::JwtVerifier>,
            handshake: $crate::auth::Handshake<'_>,
            next: impl $crate::middleware::Provide<$crate::auth::Claims<$claims>>,
        ) -> ::core::result::Result<$crate::Reply, $crate::auth::AuthError> {
            let claims = verifier.authenticate::<$claims>(&handshake).await?;
            ::core::result::Result::Ok(claims.admit(next).await)
        }
    };
}
