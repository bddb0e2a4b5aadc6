//! Who may come in: everybody, as a guest. With `CHAT_TOKEN_SECRET` in the environment: whoever shows a token that is
//! signed with it (HS256, for the audience `chat`), or a ticket that such a one was given for a second window.

use lift_ws::auth::{
    AuthError, Claims, DynamoTicketStore, Handshake, JwtVerifier, Principal, Ticket, Tickets, require_user,
};
use lift_ws::prelude::*;
use std::time::UNIX_EPOCH;

/// What lets members in.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) tokens: JwtVerifier,
    pub(crate) tickets: Tickets,
}

impl Keys {
    /// None if no secret is set. A secret that is too short ends the program.
    pub(crate) async fn from_env() -> Result<Option<Self>, Error> {
        let Some(secret) = std::env::var("CHAT_TOKEN_SECRET").ok().filter(|secret| !secret.is_empty()) else {
            return Ok(None);
        };
        // with an identity provider: `JwtVerifier::oidc("https://…")`
        let tokens = JwtVerifier::hs256(secret).audience("chat").build()?;
        let tickets = Tickets::new(DynamoTicketStore::from_env().await, "chat");
        Ok(Some(Self { tokens, tickets }))
    }
}

/// Everybody where there are no keys; else who has a ticket, or else a token.
#[ws_middleware]
async fn log_in(
    State(keys): State<Option<Keys>>,
    handshake: Handshake<'_>,
    next: impl Next,
) -> Result<Reply, AuthError> {
    let Some(Keys { tokens, tickets }) = keys else { return Ok(next.run().await) };
    let claims: Claims = match tickets.is_shown(&handshake) {
        true => tickets.redeem(&handshake).await?,
        false => tokens.authenticate(&handshake).await?,
    };
    Ok(claims.principal().admit(next.run().await))
}

/// A page offers `["chat.v1", "bearer." + token]`; the answer never is the token.
#[ws_route("$connect", middleware = [log_in])]
pub(crate) async fn connect(offered: Subprotocols<'_>) -> Accept {
    match offered.first_of(["chat.v1"]) {
        Some(protocol) => Accept::new().subprotocol(protocol),
        None => Accept::new(),
    }
}

#[derive(Serialize)]
pub(crate) struct Me {
    /// Null for guests.
    user: Option<String>,
    /// When the log-in ends, in seconds since the epoch.
    until: Option<u64>,
}

/// Two-way: who somebody is, as the stored connection says.
#[ws_route("whoami")]
pub(crate) async fn whoami(me: Principal<'_>) -> Json<Me> {
    let until = me.expires_at().and_then(|end| end.duration_since(UNIX_EPOCH).ok());
    Json(Me { user: me.user().map(ToOwned::to_owned), until: until.map(|time| time.as_secs()) })
}

/// Two-way: for a second window, good once and for 30 seconds.
#[ws_route("ticket", middleware = [require_user])]
pub(crate) async fn ticket(
    State(keys): State<Option<Keys>>,
    me: Principal<'_>,
) -> Result<Json<String>, Error> {
    let keys = keys.ok_or(Error::new("no_tickets", "guests need no ticket"))?;
    Ok(Json(keys.tickets.issue(&Ticket::new(&me)).await?))
}
