//! What the embedded engine alone can show: its indexes looked at, its sweeps run, its table missing.

use lift_ws::connection::Record;
use lift_ws::store::dynamodb::DynamoStore;
use lift_ws::store::{ConnectionStore, Membership, StoreErrorKind};
use tokio::net::TcpListener;

use crate::table::{Table, client};
use crate::{EXPIRY, NOON, ids_in};

impl Table {
    async fn items_of_index(&self, index: &str, key: &str, value: &str) -> i32 {
        let query = self.client.query().table_name(&self.name).index_name(index);
        let query = query.key_condition_expression("#key = :value").expression_attribute_names("#key", key);
        let query = query.expression_attribute_values(
            ":value",
            aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned()),
        );
        query.send().await.expect("the index can be queried").count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_stands_in_the_indexes_of_its_user_and_tenant() {
    let engine = Table::embedded().await;
    let store = engine.store();
    let named =
        Record::new("AbC=", NOON, EXPIRY).with_user(Some("ann".into())).with_tenant(Some("acme".into()));
    store.put("a1/prod", &named).await.unwrap();
    store.put("a1/prod", &Record::new("DeF=", NOON, EXPIRY)).await.unwrap();
    assert_eq!(engine.items_of_index("users", "UK", "a1/prod#U#ann").await, 1);
    assert_eq!(engine.items_of_index("tenants", "TK", "a1/prod#T#acme#0").await, 1);
    let mut without_tenant = 0;
    for shard in 0..8 {
        without_tenant += engine.items_of_index("tenants", "TK", &format!("a1/prod#T##{shard}")).await;
    }
    assert_eq!(without_tenant, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_rows_are_swept_by_the_table() {
    let engine = Table::embedded().await;
    let store = engine.store();
    store.put("s", &Record::new("old", 1_000, 10)).await.unwrap();
    store.join("s", "red", &Membership::new("old", 1_000, 10)).await.unwrap();
    store.delete("s", "closed", 10_000).await.unwrap();
    let lasting = 4_000_000_000;
    store.put("s", &Record::new("new", 1_000, lasting)).await.unwrap();
    engine.database.as_ref().expect("it is embedded").sweep_ttl().expect("the sweep works");
    assert!(store.get("s", "old").await.unwrap().is_none());
    assert!(ids_in(&store, "red").await.is_empty());
    assert!(store.get("s", "new").await.unwrap().is_some());
    store.put("s", &Record::new("closed", 1_000, lasting)).await.expect("the tombstone has expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_missing_is_named_with_what_to_do() {
    let engine = Table::missing().await;
    let error = engine.store().get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NoTable);
    assert!(error.to_string().contains("LIFT_WS_TABLE"), "{error}");
    assert!(error.to_string().contains(&engine.name), "{error}");
    let join = engine.store().join("s", "red", &Membership::new("AbC=", NOON, EXPIRY)).await;
    assert_eq!(join.unwrap_err().kind(), StoreErrorKind::NoTable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_cannot_be_reached_is_safe_to_retry() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = DynamoStore::new(client(&nobody).0, "lift-ws-connections");
    let error = store.get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.is_retry_safe());
}
