//! The handle and the sender's record as arguments of handlers.

use std::ops::Deref;

use super::{Connections, Record};
use crate::Scope;
use crate::extract::{AvailableOn, ConnectionRejection, ConnectionsRejection, FromEvent};
use crate::route::{Disconnect, Message, Needs};

/// The stored record of the connection that the event is about: who it is, and what the app keeps about it.
///
/// On a message it is read once per connection and environment while cached; on `$disconnect` it is the record
/// as it was, and only one event gets it. It is not available on `$connect`: it is written after that.
///
/// ```
/// # use lift_ws::connection::Connection;
/// async fn say(me: Connection<'_>) {
///     let from = me.user().unwrap_or("guest");
///     println!("{from} in {} groups", me.groups().len());
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Connection<'e>(pub &'e Record);

impl<'e> Connection<'e> {
    /// The record, for as long as the event lasts.
    #[must_use]
    pub fn record(self) -> &'e Record {
        self.0
    }
}

impl Deref for Connection<'_> {
    type Target = Record;

    fn deref(&self) -> &Record {
        self.0
    }
}

impl<'e, S> FromEvent<'e, S> for Connections {
    type Rejection = ConnectionsRejection;

    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        scope.connections().cloned().ok_or_else(ConnectionsRejection::new)
    }
}

impl<K> AvailableOn<K> for Connections {
    const NEEDS: Needs = Needs::CONNECTIONS;
}

impl<'e, S> FromEvent<'e, S> for Connection<'e> {
    type Rejection = ConnectionRejection;

    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        scope.record().map(Connection).ok_or_else(ConnectionRejection::new)
    }
}

impl AvailableOn<Message> for Connection<'_> {
    const NEEDS: Needs = Needs::RECORD;
}

impl AvailableOn<Disconnect> for Connection<'_> {
    const NEEDS: Needs = Needs::RECORD;
}
