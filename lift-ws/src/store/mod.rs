//! Where connections are kept: the [`ConnectionStore`] trait and the stores that come with the crate.
//!
//! A store holds two kinds of rows: one [`Record`] per connection and one [`Membership`] per connection
//! and group; and, where broadcasts are handed over to a queue, those: [`BroadcastStore`]. Every row lives
//! in a *scope* (`{apiId}/{stage}` by default), so that two stages that share a table never see each other.
//!
//! Handlers do not use a store directly; they use [`Connections`](crate::connection::Connections). A store
//! of your own implements the trait and proves itself with
//! [`testing::store_contract`](crate::testing::store_contract).

mod broadcasts;
mod change;
mod cursor;
pub mod dynamodb;
mod error;
mod listing;
mod membership;
pub mod memory;
mod shared;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use self::broadcasts::{
    BroadcastCounts, BroadcastStore, Claim, Claimed, Postponed, SegmentState, StoredBroadcast,
};
pub use self::change::Change;
pub use self::cursor::{Cursor, ParseCursorError};
pub use self::error::{StoreError, StoreErrorKind};
pub use self::listing::{ConnectionsPage, ConnectionsQuery, Listed, Whom};
pub use self::membership::{MembersQuery, Membership, MembershipPage};
use crate::connection::Record;

/// A boxed future, as the object-safe traits of this crate return it.
///
/// A store call crosses the network, so the box is not what it costs.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How many groups one connection may be in.
pub const MAX_GROUPS: usize = 100;

/// How long the `member` value of a membership may be, as JSON text in bytes.
pub const MAX_MEMBER_BYTES: usize = 1024;

/// How long a group's name may be, in bytes.
pub const MAX_GROUP_BYTES: usize = 512;

/// How long the name of a user or a tenant may be, in bytes.
pub const MAX_NAME_BYTES: usize = 512;

/// How long the attributes of a connection may be, as JSON text in bytes.
///
/// A record is read with them whenever it is needed, and each KB of it costs a write unit at every join.
pub const MAX_ATTRIBUTES_BYTES: usize = 32 * 1024;

/// What became of a record whose connection the gateway called gone.
#[derive(Debug)]
#[non_exhaustive]
pub enum GoneOutcome {
    /// This call removed the record: its caller, and nobody else, announces the departure.
    Removed(Box<Record>),
    /// The record is there and too young: its handshake may still be going on. Nothing was removed.
    Young,
    /// There was no record.
    Absent,
}

/// What [`Connections`](crate::connection::Connections) asks of a place that keeps connections.
///
/// Implementations are checked by [`testing::store_contract`](crate::testing::store_contract): run it on yours.
/// Times are milliseconds since the epoch and come from the caller; a store needs no clock.
/// Every operation may be called again after a failure whose [`StoreError::is_retry_safe`] says so.
pub trait ConnectionStore: fmt::Debug + Send + Sync + 'static {
    /// Saves a record, unless the connection was already closed.
    ///
    /// Saving the same record again succeeds: a lost answer makes callers repeat the call.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Closed`] if a tombstone stands for the connection.
    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Reads a record as it is now (a consistent read). A tombstone is no record.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn get<'a>(
        &'a self,
        scope: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;

    /// Removes the record of a connection that has closed and returns it as it was.
    ///
    /// If nothing was there, a tombstone that lasts until `tombstone_until` is put, so that a save that comes
    /// late fails. Of several calls for one connection at most one gets the record.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn delete<'a>(
        &'a self,
        scope: &'a str,
        connection_id: &'a str,
        tombstone_until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;

    /// Removes the record of a connection that the gateway calls gone, if it was made before
    /// `connected_before`: a younger one may still be in its handshake, which answers 410 as well.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        connection_id: &'a str,
        connected_before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>>;

    /// Changes who a connection is, adds one to the record's [`revision`](Record::revision), and returns the record as
    /// it then is. Its groups stay, whatever joins or leaves at the same time. Memberships keep the user they have.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::UnknownConnection`] if there is no record.
    fn change<'a>(
        &'a self,
        scope: &'a str,
        connection_id: &'a str,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Record, StoreError>>;

    /// Puts a connection into a group: the group into the record and the membership beside it, both or neither.
    ///
    /// Joining again replaces the `member` value.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::UnknownConnection`] if there is no record, [`StoreErrorKind::TooManyGroups`] if the
    /// connection is in [`MAX_GROUPS`] others.
    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Takes a connection out of a group and returns the membership, if there was one.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        connection_id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>>;

    /// Reads one page of a group's memberships, in the order of [`Cursor`].
    ///
    /// A page may be empty and still have a cursor; a page without cursor is the last.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>>;

    /// Removes the memberships of one connection in several groups, in batches where the store has them.
    ///
    /// # Errors
    ///
    /// When the store cannot be written; some may have been removed.
    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        connection_id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Reads one page of somebody's connections: a user's, a tenant's, everybody's.
    ///
    /// Eventually consistent: a connection may be missing for a moment after it was saved, and still be there for a
    /// moment after it was deleted. Each that is there all along is on one page. A page may be empty and still
    /// have a cursor; a page without cursor is the last.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::InvalidCursor`] if the cursor belongs to another list; when the store cannot be read.
    fn connections<'a>(
        &'a self,
        query: &'a ConnectionsQuery<'a>,
    ) -> BoxFuture<'a, Result<ConnectionsPage, StoreError>>;

    /// Counts somebody's connections, from the query's cursor to the end: what [`connections`](Self::connections)
    /// would list. A store that can count without sending the rows does so.
    ///
    /// # Errors
    ///
    /// As [`connections`](Self::connections).
    fn count<'a>(&'a self, query: &'a ConnectionsQuery<'a>) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let (mut query, mut total) = (query.clone(), 0);
            loop {
                let page = self.connections(&query).await?;
                total += page.connections.len() as u64;
                match page.cursor {
                    Some(cursor) => query.cursor = Some(cursor),
                    None => return Ok(total),
                }
            }
        })
    }

    /// Where broadcasts are kept that outlast one invocation; `None` if this store keeps none: then they cannot be
    /// handed over to a queue.
    fn broadcasts(&self) -> Option<&dyn BroadcastStore> {
        None
    }

    /// Opens the network connection ahead of the first event. Failing is no harm, so nothing is returned.
    fn prewarm(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
