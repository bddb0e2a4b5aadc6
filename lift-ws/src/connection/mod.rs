//! Connections (first cut; the store branch replaces this file).

use crate::Scope;
use crate::extract::{AvailableOn, ConnectionRejection, ConnectionsRejection, FromEvent};
use crate::route::{Disconnect, Message, Needs};

/// A stored record.
#[derive(Debug, Clone)]
pub struct Record;
/// The handle.
#[derive(Debug, Clone)]
pub struct Connections;
/// The sender.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'e>(pub &'e Record);

impl<'e, S> FromEvent<'e, S> for Connections {
    type Rejection = ConnectionsRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, ConnectionsRejection> {
        scope.connections().cloned().ok_or_else(ConnectionsRejection::new)
    }
}
impl<K> AvailableOn<K> for Connections {
    const NEEDS: Needs = Needs::CONNECTIONS;
}
impl<'e, S> FromEvent<'e, S> for Connection<'e> {
    type Rejection = ConnectionRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, ConnectionRejection> {
        scope.record().map(Connection).ok_or_else(ConnectionRejection::new)
    }
}
impl AvailableOn<Message> for Connection<'_> {
    const NEEDS: Needs = Needs::RECORD;
}
impl AvailableOn<Disconnect> for Connection<'_> {
    const NEEDS: Needs = Needs::RECORD;
}

impl Connections {
    /// From the environment.
    pub async fn from_env() -> Self {
        Connections
    }
    /// Opens connections.
    pub async fn prewarm(&self) {}
}
