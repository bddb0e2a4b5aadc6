//! Rows of the neighbouring releases: release N reads those of N−1 and N+1, and does no harm to them.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::connection::RECORD_VERSION;
use lift_ws::store::{ConnectionStore, ConnectionsQuery, MembersQuery, Membership, StoreErrorKind, Whom};
use serde_json::Value;

use crate::table::Table;
use crate::{EXPIRY, NOON, on_both_tables};

on_both_tables![rows_of_the_neighbouring_releases_are_read_and_kept, a_row_of_a_release_too_far_is_refused];

const OLDER: &str = include_str!("fixtures/older.json");
const NEWER: &str = include_str!("fixtures/newer.json");
const MUCH_NEWER: &str = include_str!("fixtures/much_newer.json");

impl Table {
    /// Puts the rows of a fixture into the table, as DynamoDB's own JSON has them.
    async fn put_fixture(&self, fixture: &str) -> Vec<HashMap<String, AttributeValue>> {
        let rows: Vec<Value> = serde_json::from_str(fixture).expect("a list of items");
        let rows: Vec<HashMap<_, _>> = rows.iter().map(item).collect();
        for row in &rows {
            let put = self.client.put_item().table_name(&self.name).set_item(Some(row.clone()));
            put.send().await.expect("the row is stored");
        }
        rows
    }

    async fn record_row(&self, id: &str) -> HashMap<String, AttributeValue> {
        let get = self.client.get_item().table_name(&self.name);
        let get =
            get.key("PK", AttributeValue::S(format!("s#C#{id}"))).key("SK", AttributeValue::S("C".into()));
        get.send().await.unwrap().item.expect("the row is there")
    }
}

fn item(row: &Value) -> HashMap<String, AttributeValue> {
    let attributes = row.as_object().expect("an item").iter();
    attributes.map(|(name, typed)| (name.clone(), attribute(typed))).collect()
}

fn attribute(typed: &Value) -> AttributeValue {
    let (kind, value) = typed.as_object().and_then(|typed| typed.iter().next()).expect("a typed value");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text(value)),
        "N" => AttributeValue::N(text(value)),
        "BOOL" => AttributeValue::Bool(value.as_bool().expect("a boolean")),
        "B" => AttributeValue::B(Blob::new(text(value))),
        "SS" => AttributeValue::Ss(value.as_array().expect("a list").iter().map(text).collect()),
        "M" => AttributeValue::M(item(value)),
        "L" => AttributeValue::L(value.as_array().expect("a list").iter().map(attribute).collect()),
        other => panic!("`{other}` is in no fixture"),
    }
}

async fn rows_of_the_neighbouring_releases_are_read_and_kept(table: Table) {
    let store = table.store();
    for (fixture, version) in [(OLDER, RECORD_VERSION - 1), (NEWER, RECORD_VERSION + 1)] {
        table.put_fixture(fixture).await;
        let record = store.get("s", "AbC=").await.unwrap().expect("it is read");
        assert_eq!((record.version(), record.user(), record.tenant()), (version, Some("ann"), Some("acme")));
        assert_eq!((record.connected_at(), record.is_in("red")), (NOON, true));
        let members = store.members(&MembersQuery::new("s", "red")).await.unwrap().members;
        let names: Vec<_> =
            members.iter().map(|one| (one.connection_id.as_str(), one.member.as_deref())).collect();
        assert_eq!(names, [("AbC=", Some("\"Ann\""))]);
        for whom in [Whom::User("ann"), Whom::Tenant("acme"), Whom::ALL] {
            assert_eq!(store.count(&ConnectionsQuery::new("s", whom)).await.unwrap(), 1, "{whom:?}");
        }

        // This release works with the connection, and what it does not know of it stays.
        let before = table.record_row("AbC=").await;
        store.join("s", "blue", &Membership::new("AbC=", NOON, EXPIRY)).await.unwrap();
        assert!(store.leave("s", "blue", "AbC=", NOON).await.unwrap().is_some());
        assert_eq!(table.record_row("AbC=").await, before, "version {version}");

        let removed = store.delete("s", "AbC=", NOON).await.unwrap().expect("it was there");
        let groups: Vec<&str> = removed.groups().collect();
        store.remove_memberships("s", "AbC=", NOON, &groups).await.unwrap();
        assert!(store.members(&MembersQuery::new("s", "red")).await.unwrap().members.is_empty());

        // A tombstone of the neighbour keeps a late save out.
        let late = store.put("s", &lift_ws::connection::Record::new("closed=", NOON, EXPIRY)).await;
        assert_eq!(late.unwrap_err().kind(), StoreErrorKind::Closed, "version {version}");
    }
}

async fn a_row_of_a_release_too_far_is_refused(table: Table) {
    table.put_fixture(MUCH_NEWER).await;
    let error = table.store().get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::UnsupportedVersion);
    assert!(error.to_string().contains("AbC= has version 3"), "{error}");
}
