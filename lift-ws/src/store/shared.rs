//! A shared store is a store: tests keep one handle and give the other away.

use std::sync::Arc;

use super::{
    BoxFuture, BroadcastStore, Change, ConnectionStore, ConnectionsPage, ConnectionsQuery, GoneOutcome,
    MembersQuery, Membership, MembershipPage, StoreError,
};
use crate::connection::Record;

impl<S: ConnectionStore + ?Sized> ConnectionStore for Arc<S> {
    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).put(scope, record)
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        (**self).get(scope, id)
    }

    fn delete<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        tombstone_until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        (**self).delete(scope, id, tombstone_until)
    }

    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>> {
        (**self).delete_gone(scope, id, connected_before)
    }

    fn change<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Record, StoreError>> {
        (**self).change(scope, id, change)
    }

    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).join(scope, group, membership)
    }

    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>> {
        (**self).leave(scope, group, id, connected_at)
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        (**self).members(query)
    }

    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).remove_memberships(scope, id, connected_at, groups)
    }

    fn connections<'a>(
        &'a self,
        query: &'a ConnectionsQuery<'a>,
    ) -> BoxFuture<'a, Result<ConnectionsPage, StoreError>> {
        (**self).connections(query)
    }

    fn count<'a>(&'a self, query: &'a ConnectionsQuery<'a>) -> BoxFuture<'a, Result<u64, StoreError>> {
        (**self).count(query)
    }

    fn broadcasts(&self) -> Option<&dyn BroadcastStore> {
        (**self).broadcasts()
    }

    fn prewarm(&self) -> BoxFuture<'_, ()> {
        (**self).prewarm()
    }
}
