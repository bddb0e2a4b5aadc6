//! From what an authorizer returned to what Lambda returns.

use super::allow::Allowed;
use super::policy::{Effect, policy};
use crate::auth::ANONYMOUS;
use crate::chain::Chain;
use crate::event::Event;
use crate::reply::BoxError;
use crate::{Error, IntoReply, Reply};
use serde_json::{Map, Value};

/// The one text that the gateway reads in an authorizer's error: it makes a 401 of it (contract §4).
const UNAUTHORIZED: &str = "Unauthorized";

/// What an authorizer decided. [`IntoVerdict`] makes it.
#[derive(Debug)]
#[must_use = "an authorizer decides nothing unless it returns this"]
pub struct Verdict(pub(super) Decision);

#[derive(Debug)]
pub(super) enum Decision {
    Allow(Allowed),
    /// The status says how.
    Refuse(Reply),
}

/// A value that an [authorizer](macro@crate::ws_authorizer) may return: [`Allow`](super::Allow), [`Deny`](super::Deny), or
/// a `Result` of one of them and any error that a handler may return.
///
/// Of an error the status decides, since the gateway knows three refusals (contract §4):
///
/// | status of the error | the authorizer answers | the client reads |
/// | --- | --- | --- |
/// | 401 | the error `Unauthorized` | 401 |
/// | any other 4xx | a policy that denies | 403 |
/// | 5xx, or a panic | another error | 500 |
///
/// So [`AuthError`](crate::auth::AuthError) is 401 for tokens and tickets, 403 for foreign origins and missing roles, and
/// 500 where keys or tickets cannot be had.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what an authorizer returns",
    label = "neither lets a client in nor refuses it",
    note = "return `Allow`, `Deny`, or `Result<Allow, E>`; with a context it is `Allow<T>`, where `T` implements `Serialize`",
    note = "`E` is `AuthError`, `lift_ws::Error`, which takes any error by `?`, or an error of yours that implements `IntoReply`"
)]
pub trait IntoVerdict {
    /// The verdict.
    fn into_verdict(self) -> Verdict;
}

impl IntoVerdict for Verdict {
    fn into_verdict(self) -> Verdict {
        self
    }
}

impl<T: IntoVerdict, E: IntoReply> IntoVerdict for Result<T, E> {
    fn into_verdict(self) -> Verdict {
        self.map_or_else(Verdict::refused, IntoVerdict::into_verdict)
    }
}

impl Verdict {
    /// What an error says; a rejection of an extractor is one.
    #[doc(hidden)]
    pub fn refused(error: impl IntoReply) -> Self {
        Verdict(Decision::Refuse(error.into_reply()))
    }

    /// The server's fault.
    #[doc(hidden)]
    pub fn failed(cause: impl Into<BoxError>) -> Self {
        Verdict(Decision::Refuse(Reply::internal(cause)))
    }

    /// What Lambda returns for the event; a refusal is logged.
    pub(crate) fn answer(self, event: &Event<'_>) -> Result<Value, Error> {
        let arn = event.method_arn().unwrap_or_default();
        match self.0 {
            Decision::Allow(allowed) => {
                allowed.policy(arn).map_err(|error| failure(&Reply::internal(error), event))
            }
            Decision::Refuse(reply) => refuse(&reply, arn, event),
        }
    }
}

fn refuse(reply: &Reply, arn: &str, event: &Event<'_>) -> Result<Value, Error> {
    let status = reply.status();
    if !(400..=499).contains(&status) {
        return Err(failure(reply, event));
    }
    log(reply, event);
    if status == 401 {
        return Err(Error::logged(401, UNAUTHORIZED));
    }
    policy(Effect::Deny, ANONYMOUS, arn, Map::new()).map_err(|error| failure(&Reply::internal(error), event))
}

/// Why is for the log alone: any text of others might read `Unauthorized`.
fn failure(reply: &Reply, event: &Event<'_>) -> Error {
    log(reply, event);
    let request_id = event.request_id();
    Error::logged(500, format!("the authorizer failed: the log of request `{request_id}` says why"))
}

/// As a refused handshake is logged, and a handler that failed.
fn log(reply: &Reply, event: &Event<'_>) {
    let (request_id, connection_id) = (event.request_id(), event.connection_id());
    let (code, status) = (reply.error_code().unwrap_or("no_error"), reply.status());
    let message = reply.error_message().unwrap_or("an answer that is no error");
    let cause = reply.cause().map(|cause| Chain(cause).to_string());
    match status {
        400..=499 => {
            tracing::info!(
                request_id,
                connection_id,
                code,
                status,
                cause,
                "the authorizer refused: {message}"
            );
        }
        _ => tracing::error!(
            request_id,
            connection_id,
            code,
            status,
            cause,
            "the authorizer failed: {message}"
        ),
    }
}
