//! The contract of all stores, with one shard, with several, and while the counts change.

use lift_ws::connection::Record;
use lift_ws::store::dynamodb::Shards;
use lift_ws::store::{ConnectionStore, ConnectionsQuery, Membership, Whom};
use lift_ws::testing::store_contract;

use crate::table::Table;
use crate::{EXPIRY, NOON, ids_in, on_both_tables};

on_both_tables![
    the_dynamodb_store_keeps_the_contract,
    the_dynamodb_store_keeps_the_contract_with_shards,
    members_of_before_the_shards_changed_are_read_and_removed,
    tenants_of_before_the_shards_changed_are_listed_once,
];

async fn the_dynamodb_store_keeps_the_contract(table: Table) {
    store_contract::check(&table.store()).await;
}

async fn the_dynamodb_store_keeps_the_contract_with_shards(table: Table) {
    let store = table.store().with_group_shards(Shards::new(4).previously(2));
    store_contract::check(&store.with_tenant_shards(Shards::new(4).previously(7))).await;
}

/// Fewer shards than before as well as more: both are read until the old count is no longer named.
async fn members_of_before_the_shards_changed_are_read_and_removed(table: Table) {
    for (from, to) in [(2, 5), (5, 2)] {
        let before = table.store().with_group_shards(Shards::new(from));
        let after = table.store().with_group_shards(Shards::new(to).previously(from));
        for n in 0..20 {
            let id = format!("id-{n}");
            before.put("s", &Record::new(&id, NOON, EXPIRY)).await.unwrap();
            let store = if n % 2 == 0 { &before } else { &after };
            store.join("s", "red", &Membership::new(&id, NOON, EXPIRY)).await.unwrap();
        }
        assert_eq!(ids_in(&after, "red").await.len(), 20, "{from} to {to}");
        for n in 0..10 {
            after.remove_memberships("s", &format!("id-{n}"), NOON, &["red"]).await.unwrap();
        }
        for n in 10..20 {
            let left = after.leave("s", "red", &format!("id-{n}"), NOON).await.unwrap();
            assert!(left.is_some(), "{from} to {to}: {n}");
        }
        assert!(ids_in(&after, "red").await.is_empty(), "{from} to {to}");
    }
}

async fn tenants_of_before_the_shards_changed_are_listed_once(table: Table) {
    let before = table.store().with_tenant_shards(Shards::new(2));
    let after = table.store().with_tenant_shards(Shards::new(5).previously(2));
    for n in 0..20 {
        let record = Record::new(format!("id-{n}"), NOON + n, EXPIRY).with_tenant(Some("acme".into()));
        let store = if n % 2 == 0 { &before } else { &after };
        store.put("s", &record).await.unwrap();
        // A handshake that is repeated after the change moves the record, and does not double it.
        after.put("s", &record).await.unwrap();
    }
    for whom in [Whom::Tenant("acme"), Whom::ALL] {
        assert_eq!(after.count(&ConnectionsQuery::new("s", whom)).await.unwrap(), 20, "{whom:?}");
    }
}
