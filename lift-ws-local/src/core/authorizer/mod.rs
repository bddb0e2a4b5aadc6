//! Lambda authorizers: whether a client may open a connection at all (contract §4).
//!
//! Before `$connect`, the function is asked with an event of its own and answers with an IAM policy. What it says
//! about the client stays with the connection.

mod advice;
mod context;
mod identity_source;
mod judgement;
mod pattern;
mod policy;

use hyper::StatusCode;

pub(super) use context::AuthorizerContext;
pub use identity_source::{IdentitySource, IdentitySourceError};
pub(super) use judgement::{Admitted, Judgement};
pub(super) use pattern::{matches, matches_arn};
pub(super) use policy::{INVOKE, Policy};

use super::action::{Action, EventType, Finished, Verdict};
use super::event;
use super::gateway::{Gateway, Purpose, Turn};
use super::handshake::Handshake;
use super::headers;
use super::multi_map::MultiMap;
use identity_source::Found;

/// The Lambda authorizer of an API's `$connect`: the same function, asked with another event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorizer {
    /// What a handshake must have; if something is missing, it is refused with 401 and nobody is asked.
    pub identity_sources: Vec<IdentitySource>,
}

impl Gateway {
    /// Asks the authorizer about a client, unless the client does not show what it needs. Nothing is cached.
    pub(super) fn ask_authorizer(&mut self, turn: &mut Turn<'_>, handshake: Box<Handshake>) {
        let headers = headers::of_authorizer(&handshake.headers);
        if let Some(missing) = self.missing_source(&handshake, &headers) {
            let verdict = Verdict::Refused {
                status: StatusCode::UNAUTHORIZED.as_u16(),
                reason: format!(
                    "the identity source `{missing}` is missing or empty in the handshake; the authorizer was not \
                     asked"
                ),
            };
            turn.act(Action::Finished(Finished {
                invocation: None,
                event_type: EventType::Authorizer,
                route_key: "$connect".to_owned(),
                connection: handshake.connection.clone(),
                started: turn.now,
                ended: turn.now,
                verdict,
            }));
            return self.refuse(turn, &handshake, StatusCode::UNAUTHORIZED);
        }
        let occurrence = handshake.occurrence(&self.api);
        let event = event::authorizer(&occurrence, &self.api.method_arn(), &headers, &handshake.query);
        self.invoke_for(turn, handshake, Purpose::Authorize, event);
    }

    /// The first identity source that the handshake lacks.
    fn missing_source(&self, handshake: &Handshake, headers: &MultiMap) -> Option<String> {
        let sources = &self.api.authorizer.as_ref()?.identity_sources;
        let context = event::context_of_connect(&handshake.occurrence(&self.api));
        let found = Found {
            headers,
            query: &handshake.query,
            stage_variables: &self.api.stage_variables,
            context: &context,
        };
        sources.iter().find(|source| !source.is_there(&found)).map(ToString::to_string)
    }

    /// Goes on to `$connect` or refuses.
    pub(super) fn conclude_authorizer(
        &mut self,
        turn: &mut Turn<'_>,
        mut handshake: Box<Handshake>,
        answer: Result<Admitted, StatusCode>,
    ) {
        match answer {
            Ok(Admitted { context, usage_key }) => {
                handshake.client.authorizer = Some(context);
                self.ask_for_key(turn, handshake, usage_key.as_deref());
            }
            Err(status) => self.refuse(turn, &handshake, status),
        }
    }
}
