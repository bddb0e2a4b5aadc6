//! The operations of the store, one request each.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;

use super::failure::classify;
use super::item::{Item, key};
use super::keys::{self, Shards};
use super::table::table_name_from_env;
use crate::connection::Record;
use crate::store::{
    BoxFuture, Change, ConnectionStore, ConnectionsPage, ConnectionsQuery, GoneOutcome, MembersQuery,
    Membership, MembershipPage, StoreError,
};
use crate::timeouts;

/// A client for short calls.
pub(crate) fn client(config: &aws_config::SdkConfig) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(config)
        .timeout_config(timeouts::limited(config))
        // The limit of a try covers the reading of its answer, and watching each stream costs a microsecond.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(config.build())
}

/// The store on one DynamoDB table; the module's documentation shows its rows.
#[derive(Clone)]
pub struct DynamoStore {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) group_shards: Shards,
    pub(super) tenant_shards: Shards,
}

/// Without the client, whose description fills pages.
impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoStore")
            .field("table", &self.table)
            .field("group_shards", &self.group_shards)
            .field("tenant_shards", &self.tenant_shards)
            .finish_non_exhaustive()
    }
}

impl DynamoStore {
    /// The store on a table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            group_shards: Shards::default(),
            tenant_shards: Shards::default(),
        }
    }

    /// The store on the table that `LIFT_WS_TABLE` names, or on `lift-ws-connections`.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Self {
        Self::new(client(config), table_name_from_env())
    }

    /// Spreads each group over several partitions.
    ///
    /// One partition takes 1,000 writes a second: more is needed if a group is joined and left faster.
    #[must_use]
    pub fn with_group_shards(mut self, shards: Shards) -> Self {
        self.group_shards = shards;
        self
    }

    /// Spreads each tenant over several partitions of its index.
    #[must_use]
    pub fn with_tenant_shards(mut self, shards: Shards) -> Self {
        self.tenant_shards = shards;
        self
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    async fn open(&self) {
        let key = Item::from(key("lift-ws#prewarm".to_owned(), keys::RECORD_SORT_KEY));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        if let Err(error) = get.send().await {
            let error = classify(&self.table, error);
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "prewarming the connection table failed"
            );
        }
    }
}

impl ConnectionStore for DynamoStore {
    #[cfg(feature = "queue")]
    fn broadcasts(&self) -> Option<&dyn crate::store::BroadcastStore> {
        Some(self)
    }

    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.put_record(scope, record))
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(self.get_record(scope, id))
    }

    fn delete<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        tombstone_until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(self.delete_record(scope, id, tombstone_until))
    }

    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>> {
        Box::pin(self.delete_gone_record(scope, id, connected_before))
    }

    fn change<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Record, StoreError>> {
        Box::pin(self.change_record(scope, id, change))
    }

    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.join_group(scope, group, membership))
    }

    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>> {
        Box::pin(self.leave_group(scope, group, id, connected_at))
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        Box::pin(self.page(query))
    }

    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.remove(scope, id, connected_at, groups))
    }

    fn connections<'a>(
        &'a self,
        query: &'a ConnectionsQuery<'a>,
    ) -> BoxFuture<'a, Result<ConnectionsPage, StoreError>> {
        Box::pin(self.page_of_connections(query))
    }

    fn count<'a>(&'a self, query: &'a ConnectionsQuery<'a>) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.count_connections(query))
    }

    fn prewarm(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.open())
    }
}
