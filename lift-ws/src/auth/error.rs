//! Why somebody does not come in: one text for clients, a reason for the log.

use crate::error::Public;
use crate::reply::BoxError;
use crate::{Error, IntoReply, Reply};
use std::fmt;

/// Why somebody does not come in. The log knows it as [`reason`](AuthError::reason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// One source holds several tokens or tickets.
    Ambiguous,
    /// The signature does not fit.
    BadSignature,
    /// The token has expired.
    Expired,
    /// A page of another origin asks.
    ForeignOrigin,
    /// The keys that verify tokens could not be fetched. The server's trouble: the status is 503.
    KeysUnavailable,
    /// It is no token.
    Malformed,
    /// No Lambda authorizer said who it is.
    MissingAuthorizer,
    /// The token never expires.
    MissingExpiry,
    /// The client does not say from which page it comes.
    MissingOrigin,
    /// It is known who it is, and has none of the roles that are asked for.
    MissingRole,
    /// There is no token, or no ticket, where one is looked for.
    MissingToken,
    /// The token is not valid yet.
    NotYetValid,
    /// The new token is of another user or tenant than the open connection.
    OtherUser,
    /// The time is over until which it is known who an open connection is.
    SessionExpired,
    /// Tickets can neither be issued nor taken now. The server's trouble: the status is 503.
    TicketsUnavailable,
    /// The token is longer than any that is looked at.
    TooLong,
    /// No key of this id is known.
    UnknownKey,
    /// There is no such ticket: it never was, was used, or has expired.
    UnknownTicket,
    /// The token's header asks for something that is not supported (`crit`).
    UnsupportedHeader,
    /// The key is for another algorithm.
    WrongAlgorithm,
    /// The token is for somebody else.
    WrongAudience,
    /// The claims are not those that are expected.
    WrongClaims,
    /// Another address, or page, than the ticket was given to.
    WrongHolder,
    /// Another issuer.
    WrongIssuer,
    /// Another type of token (`typ`).
    WrongType,
}

impl AuthErrorKind {
    /// The code and the sentence for the log.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ambiguous => ("ambiguous", "one source holds several tokens"),
            Self::BadSignature => ("bad_signature", "the signature does not fit"),
            Self::Expired => ("expired", "the token has expired"),
            Self::ForeignOrigin => {
                ("foreign_origin", "the page's origin is not allowed; allow it in `AllowedOrigins`")
            }
            Self::KeysUnavailable => ("keys_unavailable", "the keys that verify tokens could not be fetched"),
            Self::Malformed => ("malformed", "it is no token"),
            Self::MissingAuthorizer => {
                ("missing_authorizer", "no authorizer says who it is; attach one to `$connect`")
            }
            Self::MissingExpiry => ("missing_expiry", "the token has no `exp`"),
            Self::MissingOrigin => ("missing_origin", "the client sends no `Origin`"),
            Self::MissingRole => ("missing_role", "it has none of the roles that are asked for"),
            Self::MissingToken => ("missing_token", "there is none where one is looked for"),
            Self::NotYetValid => ("not_yet_valid", "the token is not valid yet"),
            Self::OtherUser => {
                ("other_user", "the new token is of another user or tenant than the connection")
            }
            Self::SessionExpired => {
                ("session_expired", "the time is over until which it was known who the connection is")
            }
            Self::TicketsUnavailable => ("tickets_unavailable", "the ticket store failed"),
            Self::TooLong => ("too_long", "the token is longer than 8192 bytes"),
            Self::UnknownKey => ("unknown_key", "no key of this id is known"),
            Self::UnknownTicket => {
                ("unknown_ticket", "there is no such ticket: it never was, was used, or has expired")
            }
            Self::UnsupportedHeader => ("unsupported_header", "the token's header has `crit`"),
            Self::WrongAlgorithm => ("wrong_algorithm", "the key is for another algorithm"),
            Self::WrongAudience => ("wrong_audience", "the token is for another audience"),
            Self::WrongClaims => ("wrong_claims", "the claims are not those that are expected"),
            Self::WrongHolder => ("wrong_holder", "the ticket was given to another address or page"),
            Self::WrongIssuer => ("wrong_issuer", "the token is from another issuer"),
            Self::WrongType => ("wrong_type", "the token is of another type"),
        }
    }

    /// The code for the log.
    pub(super) const fn code(self) -> &'static str {
        self.words().0
    }

    /// The status that decides a handshake: 403 for a page, 401 for a token, 503 where the fault is the server's.
    const fn status(self) -> u16 {
        match self {
            Self::ForeignOrigin | Self::MissingOrigin | Self::MissingRole => 403,
            Self::KeysUnavailable | Self::TicketsUnavailable => 503,
            _ => 401,
        }
    }
}

/// Somebody does not come in.
///
/// A handler or middleware may return it. Every client that wants to come in reads the same code and text, `unauthorized`,
/// whatever the reason: neither says whether a user exists or how far a token got. The log gets the reason, and nothing that a
/// client wrote: no token, no key id, no claim.
///
/// ```
/// use lift_ws::auth::{AuthError, AuthErrorKind};
/// use lift_ws::IntoReply;
///
/// let reply = AuthError::from(AuthErrorKind::Expired).into_reply();
/// assert_eq!((reply.status(), reply.error_code()), (401, Some("unauthorized")));
/// assert_eq!(reply.cause().unwrap().to_string(), "expired: the token has expired");
/// ```
#[derive(Debug)]
pub struct AuthError {
    kind: AuthErrorKind,
    /// Text of ours.
    detail: Option<String>,
    source: Option<BoxError>,
}

impl AuthError {
    /// With what else the operator should know: text of ours, never of the client's.
    #[cfg_attr(not(any(feature = "jwt", feature = "tickets")), allow(dead_code))]
    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    #[cfg_attr(not(any(feature = "jwt", feature = "tickets")), allow(dead_code))]
    pub(crate) fn with_source(self, source: impl Into<BoxError>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What kind of refusal it is.
    #[must_use]
    pub const fn kind(&self) -> AuthErrorKind {
        self.kind
    }

    /// The code for the log, such as `bad_signature`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.kind.code()
    }

    /// The status that decides a handshake: 401 or 403; 503 if keys or tickets cannot be had.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.kind.status()
    }

    /// What a client may know of it.
    pub(crate) const fn public(&self) -> Public {
        // These two are about an open connection: the client knows who it is, and can do something about it.
        match self.kind {
            AuthErrorKind::MissingRole => {
                return Public { status: 403, code: "forbidden", message: "you may not do this" };
            }
            AuthErrorKind::SessionExpired => {
                return Public { status: 401, code: "session_expired", message: "log in again" };
            }
            _ => {}
        }
        match self.kind.status() {
            503 => Public { status: 503, ..Public::INTERNAL },
            status => Public { status, code: "unauthorized", message: "not authorized" },
        }
    }
}

impl From<AuthErrorKind> for AuthError {
    fn from(kind: AuthErrorKind) -> Self {
        Self { kind, detail: None, source: None }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, sentence) = self.kind.words();
        write!(f, "{code}: {sentence}")?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AuthError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl IntoReply for AuthError {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        Error::from(self).into_reply()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_read_the_same_whatever_the_reason() {
        let said = |kind: AuthErrorKind| {
            let reply = AuthError::from(kind).into_reply();
            format!("{} {:?} {:?}", reply.status(), reply.error_code(), reply.error_message())
        };
        let expired = said(AuthErrorKind::Expired);
        assert_eq!(expired, r#"401 Some("unauthorized") Some("not authorized")"#);
        for kind in [AuthErrorKind::MissingToken, AuthErrorKind::UnknownKey, AuthErrorKind::UnknownTicket] {
            assert_eq!(said(kind), expired);
        }
        assert_eq!(said(AuthErrorKind::ForeignOrigin), expired.replace("401", "403"));
        assert_eq!(
            said(AuthErrorKind::KeysUnavailable),
            r#"503 Some("internal_error") Some("internal error")"#
        );
    }

    #[test]
    fn the_question_mark_keeps_status_and_code() {
        let convert = || -> Result<(), Error> { Err(AuthError::from(AuthErrorKind::WrongIssuer))? };
        let error = convert().unwrap_err();
        assert_eq!((error.status(), error.code()), (401, "unauthorized"));
        assert!(error.to_string().starts_with("wrong_issuer: "), "{error}");
    }
}
