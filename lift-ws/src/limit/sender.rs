//! Whose event it is, as limits count it.

use super::source::Source;
use crate::connection::Identity;
use crate::event::{Event, EventType};
use crate::extract::{AvailableOn, ConnectionRejection, FromEvent};
use crate::route::{Connect, Disconnect, Message, Needs};
use crate::{Invocation, Scope};
use std::convert::Infallible;

/// Whose event it is, by what the event itself says: the connection, and the address that it comes from. It reads nothing.
///
/// [`RateLimits::run`](super::RateLimits::run) takes it.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'e> {
    pub(super) event: &'e Event<'e>,
    pub(super) invocation: Invocation<'e>,
}

impl<'e> Sender<'e> {
    pub(super) fn is(&self, kind: EventType) -> bool {
        self.event.event_type() == kind
    }

    pub(super) fn source(&self) -> Source<'e> {
        Source::of(self.event.source_ip())
    }

    /// `{apiId}/{stage}`.
    pub(super) fn scope(&self) -> String {
        [self.event.api_id(), "/", self.event.stage()].concat()
    }
}

impl<'e, S> FromEvent<'e, S> for Sender<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Sender { event: scope.event(), invocation: scope.invocation() })
    }
}

impl<K> AvailableOn<K> for Sender<'_> {}

/// Whose event it is, user and tenant too: from the Lambda authorizer's context where there is one, else from the stored
/// record, which is cached. On `$connect` there is no record yet.
///
/// [`UserLimits::run`](super::UserLimits::run) takes it.
#[derive(Clone, Debug)]
pub struct KnownSender<'e> {
    pub(super) sender: Sender<'e>,
    pub(super) identity: Identity<'e>,
}

impl<'e, S> FromEvent<'e, S> for KnownSender<'e> {
    type Rejection = ConnectionRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        let sender = Sender { event: scope.event(), invocation: scope.invocation() };
        // No record is read for what has no route, and a closed connection may have none.
        let needed = sender.is(EventType::Message) && scope.is_routed();
        let identity = match Identity::from_event(scope) {
            Err(unknown) if needed => return Err(unknown),
            known => known.unwrap_or_default(),
        };
        Ok(KnownSender { sender, identity })
    }
}

impl AvailableOn<Connect> for KnownSender<'_> {}

impl AvailableOn<Message> for KnownSender<'_> {
    const NEEDS: Needs = Needs::IDENTITY;
}

impl AvailableOn<Disconnect> for KnownSender<'_> {}
