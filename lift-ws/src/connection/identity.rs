//! Who the client is, without a read where the event says so itself.

use super::Record;
use crate::Scope;
use crate::auth::ANONYMOUS;
use crate::event::Event;
use crate::extract::{AvailableOn, ConnectionRejection, FromEvent, Pairs, Text};
use crate::route::{Disconnect, Message, Needs};

/// Who the client is: user and tenant.
///
/// With a Lambda authorizer each event says it (contract §4): `principalId` is the user, a context value `tenant`
/// the tenant, and nothing is read. Without one it is what [`Accept`](crate::Accept) said, from the stored record,
/// as [`Connection`](super::Connection) reads it.
///
/// An `Accept` that names nobody takes the authorizer's word, so that record and events agree. One that names another
/// user than the authorizer did is stored as it says; handlers that want that name take `Connection`.
///
/// ```
/// # use lift_ws::connection::Identity;
/// async fn say(me: Identity<'_>) {
///     println!("{} of {}", me.user().unwrap_or("guest"), me.tenant().unwrap_or("nobody"));
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity<'e> {
    user: Option<Text<'e>>,
    tenant: Option<Text<'e>>,
}

impl<'e> Identity<'e> {
    /// Whose connection it is.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The tenant it belongs to.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// What the authorizer said; `None` if there is none, or it named no principal.
    pub(crate) fn authorized(event: &Event<'e>) -> Option<Self> {
        let (mut user, mut tenant) = (None, None);
        Pairs(event.authorizer_json()?).each(|name, value| match &*name {
            "principalId" => user = Some(value),
            "tenant" => tenant = Some(value),
            _ => {}
        });
        let named = |name: &Text<'_>| !name.is_empty();
        let user = user.filter(named).filter(|user| *user != ANONYMOUS)?;
        Some(Self { user: Some(user), tenant: tenant.filter(named) })
    }

    fn recorded(record: &'e Record) -> Self {
        Self { user: record.user().map(Text::from), tenant: record.tenant().map(Text::from) }
    }
}

impl<'e, S> FromEvent<'e, S> for Identity<'e> {
    type Rejection = ConnectionRejection;

    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        Identity::authorized(scope.event())
            .or_else(|| scope.record().map(Identity::recorded))
            .ok_or_else(ConnectionRejection::new)
    }
}

impl AvailableOn<Message> for Identity<'_> {
    const NEEDS: Needs = Needs::IDENTITY;
}

impl AvailableOn<Disconnect> for Identity<'_> {
    const NEEDS: Needs = Needs::IDENTITY;
}
