//! What each event and each operation costs: requests, and capacity units as the table reports them. The units are
//! those that the store's documentation names, for rows up to 1 KB.

use std::collections::BTreeMap;
use std::sync::Arc;

use lift_ws::connection::{Connections, Record};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::{Change, ConnectionStore, ConnectionsQuery, MembersQuery, Membership, Whom};
use lift_ws::testing::TestEvent;
use lift_ws::{Invocation, Service};
use serde_json::json;

use crate::table::Table;
use crate::wire::Fault;
use crate::{EXPIRY, NOON, on_both_tables};

on_both_tables![
    a_connection_costs_one_write_and_a_transaction_per_group,
    a_message_reads_the_record_once_while_cached_and_only_if_it_needs_it,
    a_message_with_an_authorizer_reads_nothing_to_know_who_it_is,
    a_refused_connection_costs_nothing,
    a_connection_that_cannot_be_saved_is_refused_with_503,
    what_cannot_be_stored_is_refused_with_400_and_costs_nothing,
    a_record_that_cannot_be_read_is_told_in_the_reply,
    a_disconnect_costs_one_delete_and_batches_of_25,
    records_cost_a_unit_per_row_and_index,
    changing_who_it_is_costs_a_unit_and_the_indexes_that_move,
    groups_cost_two_units_per_row_of_a_transaction,
    lists_cost_by_what_is_read,
];

#[ws_route("$connect")]
async fn connect(Query(who): Query<BTreeMap<String, String>>) -> Result<Accept, Reject> {
    let Some(name) = who.get("name") else { return Ok(Accept::new()) };
    if name == "mallory" {
        return Err(Reject::forbidden());
    }
    let groups: usize = who.get("groups").and_then(|groups| groups.parse().ok()).unwrap_or(0);
    let accept = Accept::new().user(name).tenant("acme");
    Ok((0..groups).fold(accept, |accept, n| accept.group(format!("group-{n}"))))
}

#[ws_route("quiet")]
async fn quiet(_: RawBody<'_>) {}

#[ws_route("whoami")]
async fn whoami(me: Connection<'_>) -> Json<String> {
    Json(me.user().unwrap_or("guest").to_owned())
}

#[ws_route("identify")]
async fn identify(me: Identity<'_>) -> Json<String> {
    Json(format!("{} of {}", me.user().unwrap_or("guest"), me.tenant().unwrap_or("nobody")))
}

#[ws_app(routes = [connect, quiet, whoami, identify])]
struct App;

/// One environment over the table.
struct Environment {
    service: Service<App>,
}

impl Environment {
    fn on(table: &Table) -> Self {
        let conns = Connections::new(Arc::new(table.store()), RecordingPoster::new());
        Self { service: Service::new(()).with_connections(conns) }
    }

    async fn answer(&self, event: TestEvent) -> serde_json::Value {
        let mut answer = Vec::new();
        self.service.respond(&event.to_bytes(), Invocation::default(), &mut answer).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    async fn connect(&self, name: &str, groups: usize) -> serde_json::Value {
        let event = TestEvent::connect().query("name", name).query("groups", &groups.to_string());
        self.answer(event.connection_id("AbC=")).await
    }

    async fn message(&self, route: &str) -> serde_json::Value {
        self.answer(TestEvent::message(route, "{}").connection_id("AbC=")).await
    }

    async fn disconnect(&self) {
        self.answer(TestEvent::disconnect(1000, "").connection_id("AbC=")).await;
    }
}

async fn a_connection_costs_one_write_and_a_transaction_per_group(table: Table) {
    let environment = Environment::on(&table);
    assert_eq!(environment.connect("ann", 0).await["statusCode"], 200);
    assert_eq!(table.wire.take_operations(), ["PutItem"]);
    assert_eq!(environment.connect("ann", 3).await["statusCode"], 200);
    let joins = ["TransactWriteItems"; 3];
    assert_eq!(table.wire.take_operations(), [&["PutItem"][..], &joins].concat());
}

async fn a_message_reads_the_record_once_while_cached_and_only_if_it_needs_it(table: Table) {
    let environment = Environment::on(&table);
    environment.connect("ann", 0).await;
    table.wire.take();
    for route in ["quiet", "whoami", "identify", "whoami"] {
        environment.message(route).await;
    }
    assert!(table.wire.take().is_empty(), "the environment that saved it knows it");
    let other = Environment::on(&table);
    other.message("quiet").await;
    assert!(table.wire.take().is_empty(), "a message that needs nothing reads nothing");
    for _ in 0..3 {
        assert_eq!(other.message("whoami").await["body"], "\"ann\"");
        assert_eq!(other.message("identify").await["body"], "\"ann of acme\"");
    }
    assert_eq!(table.wire.take_operations(), ["GetItem"]);
}

async fn a_message_with_an_authorizer_reads_nothing_to_know_who_it_is(table: Table) {
    let authorized = |event: TestEvent| {
        let context = json!({ "principalId": "user-42", "tenant": "t-7", "level": 3 });
        event.authorizer(context).connection_id("AbC=")
    };
    Environment::on(&table).answer(authorized(TestEvent::connect())).await;
    table.wire.take();
    let other = Environment::on(&table);
    let answer = other.answer(authorized(TestEvent::message("identify", "{}"))).await;
    assert_eq!(answer["body"], "\"user-42 of t-7\"");
    assert!(table.wire.take().is_empty(), "the event said it");
    let answer = other.message("identify").await;
    assert_eq!(answer["body"], "\"user-42 of t-7\"", "the record agrees: `Accept` named nobody");
    assert_eq!(table.wire.take_operations(), ["GetItem"]);
}

async fn a_refused_connection_costs_nothing(table: Table) {
    let environment = Environment::on(&table);
    assert_eq!(environment.connect("mallory", 0).await["statusCode"], 403);
    assert!(table.wire.take().is_empty());
}

async fn a_connection_that_cannot_be_saved_is_refused_with_503(table: Table) {
    let environment = Environment::on(&table);
    let unavailable = || Fault::code(500, "InternalServerError");
    (0..3).for_each(|_| table.wire.fail("PutItem", unavailable()));
    let answer = environment.connect("ann", 1).await;
    assert_eq!(answer, json!({ "statusCode": 503 }), "the client learns nothing of why");
    (0..6).for_each(|_| table.wire.fail("TransactWriteItems", unavailable()));
    let bob = TestEvent::connect().query("name", "bob").query("groups", "1").connection_id("DeF=");
    assert_eq!(environment.answer(bob).await["statusCode"], 503);
    assert!(table.wire.faults_left() <= 3, "the join was tried");
    let all = ConnectionsQuery::new("test/test", Whom::ALL);
    assert_eq!(table.store().count(&all).await.unwrap(), 0);
}

async fn what_cannot_be_stored_is_refused_with_400_and_costs_nothing(table: Table) {
    let environment = Environment::on(&table);
    let long = TestEvent::connect().query("name", &"x".repeat(600)).connection_id("AbC=");
    assert_eq!(environment.answer(long).await, json!({ "statusCode": 400 }));
    assert!(table.wire.take().is_empty());
}

async fn a_record_that_cannot_be_read_is_told_in_the_reply(table: Table) {
    let (connecting, environment) = (Environment::on(&table), Environment::on(&table));
    connecting.connect("ann", 0).await;
    (0..3).for_each(|_| table.wire.fail("GetItem", Fault::code(500, "InternalServerError")));
    let whoami = TestEvent::message("whoami", r#"{"action":"whoami","id":7}"#).connection_id("AbC=");
    let answer = environment.answer(whoami).await;
    let frame: serde_json::Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&frame["code"], &frame["id"]), (&json!("internal_error"), &json!(7)), "{answer}");
}

async fn a_disconnect_costs_one_delete_and_batches_of_25(table: Table) {
    let environment = Environment::on(&table);
    for (groups, expected) in [
        (0, &["DeleteItem"][..]),
        (1, &["DeleteItem", "BatchWriteItem"]),
        (26, &["DeleteItem", "BatchWriteItem", "BatchWriteItem"]),
    ] {
        environment.connect("ann", groups).await;
        table.wire.take();
        environment.disconnect().await;
        assert_eq!(table.wire.take_operations(), expected, "{groups} groups");
    }
    environment.disconnect().await;
    assert_eq!(table.wire.take_operations(), ["DeleteItem", "PutItem"], "nothing was there: a tombstone");
    environment.disconnect().await;
    assert_eq!(table.wire.take_operations(), ["DeleteItem"], "the tombstone is there");
}

impl Table {
    /// The units since the last time, by table and index.
    fn take_units(&self) -> Vec<(String, f64)> {
        let mut units = BTreeMap::<String, f64>::new();
        for (name, more) in self.wire.take().into_iter().flat_map(|call| call.units) {
            *units.entry(name).or_default() += more;
        }
        units.into_iter().collect()
    }

    #[track_caller]
    fn expect_units(&self, what: &str, expected: &[(&str, f64)]) {
        let units = self.take_units();
        let units: Vec<(&str, f64)> = units.iter().map(|(name, units)| (name.as_str(), *units)).collect();
        assert_eq!(units, expected, "{what}");
    }
}

impl Table {
    /// A row in a transaction costs two units, by DynamoDB's price list; DynamoDB Local charges one.
    fn transacted(&self, rows: f64) -> f64 {
        if self.database.is_some() { 2.0 * rows } else { rows }
    }

    /// Reading that need not be consistent costs half a unit per 4 KB; DynamoDB Local charges a scan in whole ones.
    fn scanned(&self, halves: f64) -> f64 {
        if self.database.is_some() { halves / 2.0 } else { (halves / 2.0).ceil() }
    }
}

fn named(id: &str) -> Record {
    Record::new(id, NOON, EXPIRY).with_user(Some("ann".into())).with_tenant(Some("acme".into()))
}

async fn records_cost_a_unit_per_row_and_index(table: Table) {
    let store = table.store();
    store.put("s", &named("AbC=")).await.unwrap();
    table.expect_units("put", &[("table", 1.0), ("tenants", 1.0), ("users", 1.0)]);
    store.put("s", &Record::new("anon=", NOON, EXPIRY)).await.unwrap();
    table.expect_units("put of nobody's", &[("table", 1.0), ("tenants", 1.0)]);
    store.get("s", "AbC=").await.unwrap();
    table.expect_units("get", &[("table", 1.0)]);
    store.delete("s", "AbC=", NOON).await.unwrap();
    table.expect_units("delete", &[("table", 1.0), ("tenants", 1.0), ("users", 1.0)]);
    store.delete("s", "AbC=", NOON).await.unwrap();
    table.expect_units("delete of nothing, and the tombstone", &[("table", 2.0)]);
    store.delete_gone("s", "anon=", NOON + 1).await.unwrap();
    table.expect_units("clean-up", &[("table", 1.0), ("tenants", 1.0)]);
}

async fn changing_who_it_is_costs_a_unit_and_the_indexes_that_move(table: Table) {
    let store = table.store();
    store.put("s", &named("AbC=")).await.unwrap();
    table.take_units();
    let attributes = Change::new().with_attributes_json("{}");
    store.change("s", "AbC=", &attributes).await.unwrap();
    table.expect_units("attributes are in no index", &[("table", 1.0)]);
    store.change("s", "AbC=", &Change::new().with_user("bob")).await.unwrap();
    table.expect_units(
        "the index of tenants knows the user",
        &[("table", 1.0), ("tenants", 1.0), ("users", 2.0)],
    );
    store.change("s", "AbC=", &Change::new().with_tenant("globex")).await.unwrap();
    table.expect_units("another key is a deletion and a row", &[("table", 1.0), ("tenants", 2.0)]);
}

async fn groups_cost_two_units_per_row_of_a_transaction(table: Table) {
    let store = table.store();
    store.put("s", &named("AbC=")).await.unwrap();
    table.take_units();
    store.join("s", "red", &Membership::new("AbC=", NOON, EXPIRY)).await.unwrap();
    table.expect_units("join", &[("table", table.transacted(2.0))]);
    store.leave("s", "red", "AbC=", NOON).await.unwrap();
    table.expect_units("leave, with its read", &[("table", 1.0 + table.transacted(2.0))]);
    for group in ["red", "blue"] {
        store.join("s", group, &Membership::new("AbC=", NOON, EXPIRY)).await.unwrap();
    }
    table.take_units();
    store.remove_memberships("s", "AbC=", NOON, &["red", "blue"]).await.unwrap();
    table.expect_units("removal of two", &[("table", 2.0)]);
}

async fn lists_cost_by_what_is_read(table: Table) {
    let store = table.store();
    for n in 0..40 {
        let id = format!("AbCdEfGhIjKlM{n:02}=");
        store.put("s", &named(&id)).await.unwrap();
        let membership = Membership::new(&id, NOON, EXPIRY).with_member(Some("\"Ann\"".into()));
        store.join("s", "red", &membership).await.unwrap();
    }
    table.take_units();
    // 40 rows of under 100 bytes are one read of 4 KB, or half of one that need not be consistent.
    store.members(&MembersQuery::new("s", "red").consistent(true)).await.unwrap();
    table.expect_units("members", &[("table", 1.0)]);
    store.members(&MembersQuery::new("s", "red")).await.unwrap();
    table.expect_units("members, eventually consistent", &[("table", 0.5)]);
    for (whom, index) in
        [(Whom::User("ann"), "users"), (Whom::Tenant("acme"), "tenants"), (Whom::ALL, "tenants")]
    {
        let query = ConnectionsQuery::new("s", whom);
        let page = store.connections(&query).await.unwrap();
        assert_eq!(page.connections.len(), 40, "{whom:?}");
        // Rows of an index are some 80 bytes here, 120 in the field: keys of table and index, and the user.
        let units = if whom == Whom::ALL { table.scanned(1.0) } else { 0.5 };
        table.expect_units(&format!("{whom:?}"), &[(index, units)]);
        store.count(&query).await.unwrap();
        table.expect_units(&format!("count of {whom:?}"), &[(index, units)]);
    }
}
