//! What goes wrong in the store of Lift, the Go framework where the idea comes from; each fault is a test that ours
//! does not have it.

use std::time::Duration;

use lift_ws::connection::{Admission, Connections, ManualClock, Record, Settings};
use lift_ws::prelude::*;
use lift_ws::push::PostErrorKind;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::dynamodb::Shards;
use lift_ws::store::{ConnectionStore, ConnectionsQuery, Whom};
use lift_ws::testing::TestEvent;
use lift_ws::{Invocation, Service};
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::table::Table;
use crate::{EXPIRY, NOON, on_both_tables};

on_both_tables![
    lift_refuses_anonymous_connects_by_an_empty_index_key,
    lift_counts_in_one_item_that_every_connect_writes,
    lift_reads_only_the_first_page,
    lift_keeps_a_tenant_in_one_partition,
    lift_keeps_gone_connections_for_ever,
    lift_saves_a_record_for_a_refused_connect,
];

impl Table {
    async fn rows(&self) -> Vec<std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>> {
        let scan = self.client.scan().table_name(&self.name).send().await.unwrap();
        scan.items.unwrap_or_default()
    }
}

async fn lift_refuses_anonymous_connects_by_an_empty_index_key(table: Table) {
    let store = table.store();
    let nobody =
        Record::new("AbC=", NOON, EXPIRY).with_user(Some(String::new())).with_tenant(Some(String::new()));
    store.put("s", &nobody).await.expect("an anonymous connection is saved");
    store.put("s", &Record::new("DeF=", NOON, EXPIRY)).await.expect("so is one that says nothing");
    let all = ConnectionsQuery::new("s", Whom::ALL);
    assert_eq!(store.count(&all).await.unwrap(), 2, "and both are among all");
}

/// Ten connects and ten disconnects write ten keys: nothing that all of them share. The count is right all the same.
async fn lift_counts_in_one_item_that_every_connect_writes(table: Table) {
    let store = table.store();
    for n in 0..10 {
        store.put("s", &Record::new(format!("id-{n}="), NOON, EXPIRY)).await.unwrap();
    }
    assert_eq!(table.rows().await.len(), 10, "a row per connection, and no other");
    let all = ConnectionsQuery::new("s", Whom::ALL);
    assert_eq!(store.count(&all).await.unwrap(), 10);
    for n in 0..10 {
        // A counter goes down once more with each `$disconnect` that comes twice.
        store.delete("s", &format!("id-{n}="), NOON + 900_000).await.unwrap();
        store.delete("s", &format!("id-{n}="), NOON + 900_000).await.unwrap();
    }
    assert_eq!(store.count(&all).await.unwrap(), 0);
}

/// A page of DynamoDB ends at 1 MB. Rows of 1 KB in the group, so that 2,100 are more than one.
async fn lift_reads_only_the_first_page(table: Table) {
    let store = table.store();
    let conns =
        Connections::builder(store.clone(), RecordingPoster::new()).clock(ManualClock::at(NOON)).build();
    let conns = conns.bind("a1b2c3", "prod");
    for n in 0..60 {
        let mut admission = Admission::new(format!("id-{n:02}="), NOON);
        admission.user = Some("ann".to_owned());
        admission.groups = vec![("red".to_owned(), None)];
        conns.admitted(admission).await.unwrap();
    }
    // Pages that end early stand for those that end at 1 MB: the answer has the same form.
    let short = |operation| (0..3).for_each(|_| table.wire.fail(operation, crate::wire::Fault::ShortPage(7)));
    short("Query");
    assert_eq!(conns.members::<()>("red").await.unwrap().len(), 60);
    short("Query");
    assert_eq!(conns.find_user("ann").await.unwrap().len(), 60);
    short("Scan");
    assert_eq!(conns.find_all().await.unwrap().len(), 60);
    short("Scan");
    assert_eq!(conns.count().await.unwrap(), 60);
    assert_eq!(table.wire.faults_left(), 0);
}

/// A partition takes 1,000 writes a second. A tenant can be spread, and who has none always is.
async fn lift_keeps_a_tenant_in_one_partition(table: Table) {
    let store = table.store().with_tenant_shards(Shards::new(4));
    for n in 0..80 {
        let record = Record::new(format!("id-{n}="), NOON, EXPIRY);
        let tenant = (n % 2 == 0).then(|| "acme".to_owned());
        store.put("s", &record.with_tenant(tenant)).await.unwrap();
    }
    let keys: BTreeSet<String> =
        table.rows().await.iter().map(|row| row["TK"].as_s().unwrap().clone()).collect();
    let of = |tenant: &str| keys.iter().filter(|key| key.starts_with(&format!("s#T#{tenant}#"))).count();
    assert_eq!((of("acme"), of("")), (4, 8), "{keys:?}");
    for (tenant, count) in [("acme", 40), ("", 40)] {
        assert_eq!(store.count(&ConnectionsQuery::new("s", Whom::Tenant(tenant))).await.unwrap(), count);
    }
}

/// Its `$disconnect` was lost, so a post finds it gone: record and memberships go with the first 410. Without a post
/// the time-to-live takes them, and until then nobody reads them.
async fn lift_keeps_gone_connections_for_ever(table: Table) {
    let (gateway, clock) = (Arc::new(RecordingPoster::new()), Arc::new(ManualClock::at(NOON)));
    let conns = Connections::builder(table.store(), Arc::clone(&gateway));
    let conns = conns.clock(Arc::clone(&clock)).settings(Settings::default()).build();
    let conns = conns.at("https://ws.example.org").scope("a1b2c3/prod");
    for id in ["gone=", "silent="] {
        let mut admission = Admission::new(id, NOON);
        admission.groups = vec![("red".to_owned(), None)];
        conns.admitted(admission).await.unwrap();
    }
    for row in table.rows().await {
        let expiry: u64 = row["exp"].as_n().unwrap().parse().unwrap();
        assert_eq!(expiry, NOON / 1_000 + 2 * 3_600 + 900, "every row expires: {row:?}");
    }
    clock.advance(Duration::from_secs(60));
    gateway.fail("gone=", PostErrorKind::Gone);
    let error = conns.send("gone=", "hello?").await.unwrap_err();
    assert!(error.departed().is_some());
    let rows = table.rows().await;
    assert!(!rows.is_empty() && rows.iter().all(|row| !format!("{row:?}").contains("gone=")), "{rows:?}");
    clock.advance(Duration::from_secs(2 * 3_600));
    assert!(conns.members::<()>("red").await.unwrap().is_empty(), "the other can no longer be connected");
    assert_eq!(conns.count().await.unwrap(), 0);
}

#[ws_route("$connect")]
async fn refuse(conns: Connections) -> Reject {
    drop(conns);
    Reject::forbidden()
}

#[ws_app(routes = [refuse])]
struct Closed;

async fn lift_saves_a_record_for_a_refused_connect(table: Table) {
    let conns = Connections::new(table.store(), RecordingPoster::new());
    let service = Service::<Closed>::new(()).with_connections(conns);
    let mut answer = Vec::new();
    service.respond(&TestEvent::connect().to_bytes(), Invocation::default(), &mut answer).await.unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["statusCode"], 403);
    assert!(table.rows().await.is_empty());
}
