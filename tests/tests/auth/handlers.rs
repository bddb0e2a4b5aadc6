//! Handlers that several apps of these tests have in common: each finds its parts in whatever the app's state is.

use lift_ws::auth::{AuthError, Claims, Handshake, JwtVerifier, Principal, Ticket, Tickets};
use lift_ws::prelude::*;

/// By a ticket, or else by a token.
#[ws_middleware]
pub(crate) async fn log_in(
    State(tickets): State<Tickets>,
    State(tokens): State<JwtVerifier>,
    handshake: Handshake<'_>,
    next: impl Provide<Claims>,
) -> Result<Reply, AuthError> {
    let claims: Claims = match tickets.is_shown(&handshake) {
        true => tickets.redeem(&handshake).await?,
        false => tokens.authenticate(&handshake).await?,
    };
    Ok(claims.admit(next).await)
}

#[derive(Deserialize)]
pub(crate) struct Renew<'m> {
    #[serde(borrow)]
    token: Text<'m>,
}

#[ws_route("renew")]
pub(crate) async fn renew(
    State(tokens): State<JwtVerifier>,
    conns: Connections,
    id: ConnectionId<'_>,
    Json(with): Json<Renew<'_>>,
) -> Result<Json<&'static str>, Error> {
    let claims: Claims = tokens.verify(&with.token).await?;
    claims.principal().renew(&conns, &id).await?;
    Ok(Json("renewed"))
}

#[ws_route("ticket")]
pub(crate) async fn ticket(State(tickets): State<Tickets>, me: Principal<'_>) -> Result<Json<String>, Error> {
    Ok(Json(tickets.issue(&Ticket::new(&me)).await?))
}
