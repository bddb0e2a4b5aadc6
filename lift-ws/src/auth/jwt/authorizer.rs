//! Tokens as a Lambda authorizer.

use super::JwtVerifier;
use crate::auth::{AuthError, Claims, Handshake};
use crate::authorizer::Allow;
use crate::extract::State;
use crate::ws_authorizer;

/// A [Lambda authorizer](macro@crate::ws_authorizer) that lets in who has a good token: as
/// [`authenticate`](super::authenticate) does inside `$connect`, before it.
///
/// The [`JwtVerifier`] comes from the state. User, tenant, roles and expiry are on every event from then on;
/// [`trust_authorizer`](crate::auth::trust_authorizer) stores them with the connection.
///
/// ```
/// use lift_ws::auth::{JwtVerifier, authorize, trust_authorizer};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { tokens: JwtVerifier }
///
/// #[ws_route("$connect", middleware = [trust_authorizer])]
/// async fn connect() {}
///
/// #[ws_route("whoami")]
/// async fn whoami(me: Identity<'_>) -> Json<String> { Json(me.user().unwrap_or_default().to_owned()) }
///
/// #[ws_app(state = AppState, authorizer = authorize, routes = [connect, whoami])]
/// struct Chat;
/// ```
///
/// It names no identity sources, since the verifier decides where a token is looked for: each stranger's handshake is an
/// invocation. With a context, or with sources, it is a few lines:
///
/// ```
/// # use lift_ws::auth::{AuthError, Claims, Handshake, JwtVerifier};
/// # use lift_ws::prelude::*;
/// #[derive(Serialize, Deserialize)]
/// struct Extra { plan: String }
///
/// #[ws_authorizer(identity_sources = ["route.request.header.Sec-WebSocket-Protocol"])]
/// async fn authorize(
///     State(tokens): State<JwtVerifier>,
///     handshake: Handshake<'_>,
/// ) -> Result<Allow<Extra>, AuthError> {
///     let claims: Claims = tokens.authenticate(&handshake).await?;
///     Ok(Allow::new(claims.principal()).context(Extra { plan: "gold".into() }))
/// }
/// # #[derive(Clone, FromRef)] struct AppState { tokens: JwtVerifier }
/// # #[ws_app(state = AppState, authorizer = authorize)] struct Chat;
/// ```
#[ws_authorizer(crate = crate)]
pub async fn authorize(
    State(verifier): State<JwtVerifier>,
    handshake: Handshake<'_>,
) -> Result<Allow, AuthError> {
    let claims: Claims = verifier.authenticate(&handshake).await?;
    Ok(Allow::new(claims.principal()))
}
