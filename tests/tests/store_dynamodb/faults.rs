//! The table fails: what the store then promises.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use lift_ws::connection::{Admission, Connections, Record, Settings};
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::dynamodb::{DynamoStore, Shards};
use lift_ws::store::{
    ConnectionStore, ConnectionsQuery, GoneOutcome, MembersQuery, Membership, StoreErrorKind, Whom,
};
use serde_json::json;

use crate::table::Table;
use crate::wire::Fault;
use crate::{EXPIRY, NOON, ids_in, on_both_tables};

on_both_tables![
    a_throttled_call_is_tried_again_and_succeeds,
    a_call_that_stays_throttled_is_a_typed_error_that_names_what_is_hot,
    a_server_error_is_tried_again_and_then_unavailable,
    a_save_whose_answer_was_lost_is_saved,
    a_delete_whose_answer_was_lost_removes_the_record_and_announces_it_to_nobody,
    a_cleanup_whose_answer_was_lost_finds_nothing_left,
    a_join_whose_answer_was_lost_is_joined_once,
    a_leave_whose_answer_was_lost_has_left,
    a_transaction_that_met_another_is_tried_again,
    a_batch_that_was_taken_in_part_is_finished,
    half_pages_lose_nobody,
    a_page_without_rows_is_not_the_end,
    a_call_that_never_answers_ends_with_the_attempt,
    a_hanging_table_is_left_at_the_deadline_and_what_it_took_is_taken_back,
];

/// More than the SDK tries.
const ALWAYS: usize = 3;

fn membership(id: &str) -> Membership {
    Membership::new(id, NOON, EXPIRY)
}

async fn connected(store: &DynamoStore, id: &str) {
    store.put("s", &Record::new(id, NOON, EXPIRY)).await.unwrap();
}

async fn a_throttled_call_is_tried_again_and_succeeds(table: Table) {
    let store = table.store();
    for code in ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"] {
        table.wire.fail("PutItem", Fault::code(400, code));
        connected(&store, "AbC=").await;
        assert_eq!(table.wire.take_operations(), ["PutItem", "PutItem"], "{code}");
    }
}

async fn a_call_that_stays_throttled_is_a_typed_error_that_names_what_is_hot(table: Table) {
    let hot = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "message": "Throughput exceeds the current capacity",
        "throttlingReasons": [{
            "reason": "IndexWriteKeyRangeThroughputExceeded",
            "resource": "arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/tenants",
        }],
    });
    (0..ALWAYS).for_each(|_| table.wire.fail("PutItem", Fault::Error(400, hot.clone())));
    let error = table.store().put("s", &Record::new("AbC=", NOON, EXPIRY)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Throttled);
    assert!(error.is_retry_safe());
    let text = error.to_string();
    assert!(text.contains("refuses the table's writes"), "{text}");
    assert!(text.contains("with_tenant_shards"), "{text}");
    assert!(text.contains("IndexWriteKeyRangeThroughputExceeded of arn:"), "{text}");
}

async fn a_server_error_is_tried_again_and_then_unavailable(table: Table) {
    let store = table.store();
    table.wire.fail("GetItem", Fault::code(500, "InternalServerError"));
    assert!(store.get("s", "AbC=").await.unwrap().is_none());
    (0..ALWAYS).for_each(|_| table.wire.fail("GetItem", Fault::Cut));
    let error = store.get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.is_retry_safe());
}

async fn a_save_whose_answer_was_lost_is_saved(table: Table) {
    let store = table.store();
    table.wire.fail("PutItem", Fault::LostAnswer);
    connected(&store, "AbC=").await;
    assert_eq!(table.wire.faults_left(), 0);
    assert!(store.get("s", "AbC=").await.unwrap().is_some());
}

/// At most one gets the record, never two: here the one whose answer was lost. `left` is a hint, the record's absence
/// is the truth.
async fn a_delete_whose_answer_was_lost_removes_the_record_and_announces_it_to_nobody(table: Table) {
    let store = table.store();
    connected(&store, "AbC=").await;
    table.wire.fail("DeleteItem", Fault::LostAnswer);
    assert!(store.delete("s", "AbC=", NOON + 900_000).await.unwrap().is_none());
    assert!(store.get("s", "AbC=").await.unwrap().is_none());
    assert!(store.delete("s", "AbC=", NOON + 900_000).await.unwrap().is_none());
    let late = store.put("s", &Record::new("AbC=", NOON, EXPIRY)).await.unwrap_err();
    assert_eq!(late.kind(), StoreErrorKind::Closed);
}

async fn a_cleanup_whose_answer_was_lost_finds_nothing_left(table: Table) {
    let store = table.store();
    connected(&store, "AbC=").await;
    table.wire.fail("DeleteItem", Fault::LostAnswer);
    let outcome = store.delete_gone("s", "AbC=", NOON + 1).await.unwrap();
    assert!(matches!(outcome, GoneOutcome::Absent), "{outcome:?}");
    assert!(store.get("s", "AbC=").await.unwrap().is_none());
}

async fn a_join_whose_answer_was_lost_is_joined_once(table: Table) {
    let store = table.store();
    connected(&store, "AbC=").await;
    table.wire.fail("TransactWriteItems", Fault::LostAnswer);
    store.join("s", "red", &membership("AbC=")).await.unwrap();
    assert_eq!(ids_in(&store, "red").await, ["AbC="]);
    assert!(store.get("s", "AbC=").await.unwrap().unwrap().is_in("red"));
}

async fn a_leave_whose_answer_was_lost_has_left(table: Table) {
    let store = table.store();
    connected(&store, "AbC=").await;
    store.join("s", "red", &membership("AbC=")).await.unwrap();
    table.wire.fail("TransactWriteItems", Fault::LostAnswer);
    store.leave("s", "red", "AbC=", NOON).await.unwrap();
    assert!(ids_in(&store, "red").await.is_empty());
    assert!(!store.get("s", "AbC=").await.unwrap().unwrap().is_in("red"));
}

async fn a_transaction_that_met_another_is_tried_again(table: Table) {
    let store = table.store();
    connected(&store, "AbC=").await;
    for code in ["TransactionConflict", "ThrottlingError"] {
        let cancelled = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": "Transaction cancelled",
            "CancellationReasons": [{ "Code": code }, { "Code": "None" }],
        });
        table.wire.fail("TransactWriteItems", Fault::Error(400, cancelled));
        store.join("s", "red", &membership("AbC=")).await.unwrap();
    }
    assert_eq!(ids_in(&store, "red").await, ["AbC="]);
}

async fn a_batch_that_was_taken_in_part_is_finished(table: Table) {
    let store = table.store();
    connected(&store, "AbC=").await;
    let groups: Vec<String> = (0..30).map(|n| format!("group-{n}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    for group in &groups {
        store.join("s", group, &membership("AbC=")).await.unwrap();
    }
    table.wire.take();
    let key = json!({ "PK": { "S": "s#G#group-3#0" }, "SK": { "S": format!("{NOON}#AbC=") } });
    let left_over = json!({ "UnprocessedItems": { &table.name: [{ "DeleteRequest": { "Key": key } }] } });
    table.wire.fail("BatchWriteItem", Fault::Error(200, left_over));
    store.remove_memberships("s", "AbC=", NOON, &groups[3..4]).await.unwrap();
    assert_eq!(table.wire.take_operations(), ["BatchWriteItem"; 2]);
    assert!(ids_in(&store, "group-3").await.is_empty());
    table.wire.take();
    table.wire.fail("BatchWriteItem", Fault::code(400, "ThrottlingException"));
    store.remove_memberships("s", "AbC=", NOON, &groups).await.unwrap();
    assert_eq!(table.wire.take_operations(), ["BatchWriteItem"; 3], "25 and 5, the first of them twice");
    for group in &groups {
        assert!(ids_in(&store, group).await.is_empty(), "{group}");
    }
}

async fn half_pages_lose_nobody(table: Table) {
    let store = table.store().with_group_shards(Shards::new(2)).with_tenant_shards(Shards::new(2));
    for n in 0..12 {
        let id = format!("id-{n:02}");
        let record =
            Record::new(&id, NOON, EXPIRY).with_user(Some("ann".into())).with_tenant(Some("acme".into()));
        store.put("s", &record).await.unwrap();
        store.join("s", "red", &membership(&id)).await.unwrap();
    }
    (1..=4).for_each(|rows| table.wire.fail("Query", Fault::ShortPage(rows)));
    let mut ids = ids_in(&store, "red").await;
    ids.sort_unstable();
    assert_eq!(ids, (0..12).map(|n| format!("id-{n:02}")).collect::<Vec<_>>());
    assert_eq!(table.wire.faults_left(), 0);
    for (whom, operation) in
        [(Whom::User("ann"), "Query"), (Whom::Tenant("acme"), "Query"), (Whom::ALL, "Scan")]
    {
        let query = ConnectionsQuery::new("s", whom);
        (1..=3).for_each(|rows| table.wire.fail(operation, Fault::ShortPage(rows)));
        assert_eq!(store.count(&query).await.unwrap(), 12, "{whom:?}");
        (1..=3).for_each(|rows| table.wire.fail(operation, Fault::ShortPage(rows)));
        let (mut found, mut query) = (0, query);
        loop {
            let page = store.connections(&query).await.unwrap();
            found += page.connections.len();
            match page.cursor {
                Some(cursor) => query = query.after(Some(cursor)),
                None => break,
            }
        }
        assert_eq!(found, 12, "{whom:?}");
        assert_eq!(table.wire.faults_left(), 0, "{whom:?}");
    }
}

async fn a_page_without_rows_is_not_the_end(table: Table) {
    let store = table.store();
    let record = Record::new("AbC=", NOON, EXPIRY).with_user(Some("ann".into()));
    store.put("s", &record).await.unwrap();
    store.join("s", "red", &membership("AbC=")).await.unwrap();
    table.wire.fail("Query", Fault::EmptyPage);
    let page = store.members(&MembersQuery::new("s", "red")).await.unwrap();
    assert!(page.members.is_empty());
    let rest = store.members(&MembersQuery::new("s", "red").after(page.cursor)).await.unwrap();
    assert_eq!(rest.members, [membership("AbC=")]);
    table.wire.fail("Query", Fault::EmptyPage);
    let query = ConnectionsQuery::new("s", Whom::User("ann"));
    let page = store.connections(&query).await.unwrap();
    assert!(page.connections.is_empty());
    let rest = store.connections(&query.after(page.cursor)).await.unwrap();
    assert_eq!(rest.connections.len(), 1);
}

async fn a_call_that_never_answers_ends_with_the_attempt(table: Table) {
    let soon = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(50)).build();
    let config = table.client.config().to_builder().timeout_config(soon).build();
    let store = DynamoStore::new(Client::from_conf(config), &table.name);
    table.wire.fail("GetItem", Fault::Hang);
    assert!(store.get("s", "AbC=").await.unwrap().is_none(), "the next attempt is answered");
    (0..ALWAYS).for_each(|_| table.wire.fail("GetItem", Fault::Hang));
    let error = store.get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert!(error.is_retry_safe());
}

/// The handshake is refused, and neither the first save nor one that is still on its way leaves a record behind.
async fn a_hanging_table_is_left_at_the_deadline_and_what_it_took_is_taken_back(table: Table) {
    let conns =
        Connections::builder(table.store(), RecordingPoster::new()).settings(Settings::default()).build();
    let conns = conns.bind("a1b2c3", "prod");
    table.wire.fail("TransactWriteItems", Fault::Hang);
    let mut admission = Admission::new("AbC=", NOON);
    admission.groups = vec![("red".to_owned(), None)];
    let due = std::time::Instant::now() + Duration::from_millis(300);
    let error = conns.clone().with_deadline(due).admitted(admission).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    let store = table.store();
    assert!(store.get("a1b2c3/prod", "AbC=").await.unwrap().is_none());
    let late = store.put("a1b2c3/prod", &Record::new("AbC=", NOON, EXPIRY)).await.unwrap_err();
    assert_eq!(late.kind(), StoreErrorKind::Closed);
}

/// No credentials is a mistake in the set-up, and waiting will not mend it.
#[tokio::test]
async fn missing_credentials_are_a_matter_of_configuration() {
    let nobody = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new("eu-central-1"))
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let store = DynamoStore::new(Client::from_conf(nobody), "lift-ws-connections");
    let error = store.get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Configuration, "{error:?}");
    assert!(!error.is_retry_safe());
    assert!(error.to_string().contains("AWS_PROFILE"), "{error}");
}
