//! Tickets as middleware of `$connect`.

use super::Tickets;
use crate::auth::{AuthError, Claims, Handshake};
use crate::extract::State;
use crate::middleware::Provide;
use crate::{Reply, ws_middleware};

/// Middleware for `$connect` that lets in who has a good ticket, and hands on its [`Claims`] as JSON.
///
/// The [`Tickets`] come from the state. User, tenant and roles are stored with the connection, where the handler says
/// none itself; messages read them as [`Principal`](crate::auth::Principal).
///
/// ```
/// use lift_ws::auth::{Claims, Principal, Ticket, Tickets, redeem_ticket};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { tickets: Tickets }
///
/// #[ws_route("$connect", middleware = [redeem_ticket])]
/// async fn connect(Provided(who): Provided<'_, Claims>) -> Accept {
///     Accept::new().group(who.principal().user().unwrap_or("guests"))
/// }
///
/// /// For a second window.
/// #[ws_route("ticket")]
/// async fn ticket(State(tickets): State<Tickets>, me: Principal<'_>) -> Result<Json<String>, Error> {
///     Ok(Json(tickets.issue(&Ticket::new(&me)).await?))
/// }
///
/// #[ws_app(state = AppState, routes = [connect, ticket])]
/// struct Chat;
/// ```
///
/// With claims in a type of yours, or with a token where there is no ticket, it is a few lines:
///
/// ```
/// # #[cfg(feature = "jwt")] mod with_jwt {
/// use lift_ws::auth::{AuthError, Claims, Handshake, JwtVerifier, Tickets};
/// use lift_ws::prelude::*;
///
/// #[derive(Deserialize)]
/// struct MyClaims { email: String }
///
/// #[ws_middleware]
/// async fn log_in(
///     State(tickets): State<Tickets>,
///     State(tokens): State<JwtVerifier>,
///     handshake: Handshake<'_>,
///     next: impl Provide<Claims<MyClaims>>,
/// ) -> Result<Reply, AuthError> {
///     let claims: Claims<MyClaims> = match tickets.is_shown(&handshake) {
///         true => tickets.redeem(&handshake).await?,
///         false => tokens.authenticate(&handshake).await?,
///     };
///     Ok(claims.admit(next).await)
/// }
/// # }
/// ```
#[ws_middleware(crate = crate)]
pub async fn redeem_ticket(
    State(tickets): State<Tickets>,
    handshake: Handshake<'_>,
    next: impl Provide<Claims>,
) -> Result<Reply, AuthError> {
    let claims: Claims = tickets.redeem(&handshake).await?;
    Ok(claims.admit(next).await)
}
