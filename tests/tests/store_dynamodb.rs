//! The DynamoDB store over HTTP, against the embedded engine.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use dynoxide::Database;
use lift_ws::connection::Record;
use lift_ws::store::dynamodb::{DynamoStore, Shards, table_definition};
use lift_ws::store::{ConnectionStore, MembersQuery, Membership, StoreErrorKind};
use lift_ws::testing::store_contract;
use tokio::net::TcpListener;

const TABLE: &str = "lift-ws-connections";
const NOON: u64 = 1_767_268_800_000;
const EXPIRY: u64 = NOON / 1_000 + 8_100;

/// The engine with the table that the app's manifest describes, and a client for it.
struct Engine {
    database: Database,
    client: Client,
}

impl Engine {
    async fn start() -> Self {
        let engine = Self::without_table().await;
        let definition = table_definition(TABLE);
        let create = serde_json::from_value(definition.clone()).expect("a CreateTable request");
        engine.database.create_table(create).expect("the table is created");
        let time_to_live = serde_json::from_value(definition).expect("an UpdateTimeToLive request");
        engine.database.update_time_to_live(time_to_live).expect("its time-to-live is switched on");
        engine
    }

    async fn without_table() -> Self {
        let database = Database::memory().expect("a database in memory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
            .endpoint_url(url)
            .build();
        Self { database, client: Client::from_conf(config) }
    }

    fn store(&self) -> DynamoStore {
        DynamoStore::new(self.client.clone(), TABLE)
    }

    async fn items_of_index(&self, index: &str, key: &str, value: &str) -> i32 {
        let query = self.client.query().table_name(TABLE).index_name(index);
        let query = query.key_condition_expression("#key = :value").expression_attribute_names("#key", key);
        let query = query.expression_attribute_values(
            ":value",
            aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned()),
        );
        query.send().await.expect("the index can be queried").count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dynamodb_store_keeps_the_contract() {
    store_contract::check(&Engine::start().await.store()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dynamodb_store_keeps_the_contract_with_shards() {
    let store = Engine::start().await.store();
    let store = store.with_group_shards(Shards::new(4).previously(2)).with_tenant_shards(Shards::new(4));
    store_contract::check(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_before_the_shards_changed_are_read_and_removed() {
    let engine = Engine::start().await;
    let before = engine.store().with_group_shards(Shards::new(2));
    let after = engine.store().with_group_shards(Shards::new(5).previously(2));
    for n in 0..20 {
        let id = format!("id-{n}");
        before.put("s", &Record::new(&id, NOON, EXPIRY)).await.unwrap();
        let store = if n % 2 == 0 { &before } else { &after };
        store.join("s", "red", &Membership::new(&id, NOON, EXPIRY)).await.unwrap();
    }
    assert_eq!(ids_in(&after, "red").await.len(), 20);
    for n in 0..20 {
        after.remove_memberships("s", &format!("id-{n}"), NOON, &["red"]).await.unwrap();
    }
    assert!(ids_in(&after, "red").await.is_empty());
}

async fn ids_in(store: &DynamoStore, group: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut query = MembersQuery::new("s", group).consistent(true);
    loop {
        let page = store.members(&query).await.unwrap();
        ids.extend(page.members.into_iter().map(|member| member.connection_id));
        match page.cursor {
            Some(cursor) => query = query.after(Some(cursor)),
            None => return ids,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_stands_in_the_indexes_of_its_user_and_tenant() {
    let engine = Engine::start().await;
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
    let engine = Engine::start().await;
    let store = engine.store();
    store.put("s", &Record::new("old", 1_000, 10)).await.unwrap();
    store.join("s", "red", &Membership::new("old", 1_000, 10)).await.unwrap();
    store.delete("s", "closed", 10_000).await.unwrap();
    let lasting = 4_000_000_000;
    store.put("s", &Record::new("new", 1_000, lasting)).await.unwrap();
    engine.database.sweep_ttl().expect("the sweep works");
    assert!(store.get("s", "old").await.unwrap().is_none());
    assert!(ids_in(&store, "red").await.is_empty());
    assert!(store.get("s", "new").await.unwrap().is_some());
    store.put("s", &Record::new("closed", 1_000, lasting)).await.expect("the tombstone has expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_missing_is_named_with_what_to_do() {
    let engine = Engine::without_table().await;
    let error = engine.store().get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NoTable);
    assert!(error.to_string().contains("LIFT_WS_TABLE"), "{error}");
    assert!(error.to_string().contains(TABLE), "{error}");
    let join = engine.store().join("s", "red", &Membership::new("AbC=", NOON, EXPIRY)).await;
    assert_eq!(join.unwrap_err().kind(), StoreErrorKind::NoTable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_cannot_be_reached_is_safe_to_retry() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .endpoint_url(nobody)
        .build();
    let store = DynamoStore::new(Client::from_conf(config), TABLE);
    let error = store.get("s", "AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.is_retry_safe());
}

/// A connection that leaves and joins a room without waiting: the record and the room agree in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_and_leaves_that_overlap_leave_no_ghost() {
    let store = Engine::start().await.store();
    for n in 0..20 {
        let id = format!("id-{n}");
        store.put("s", &Record::new(&id, NOON, EXPIRY)).await.unwrap();
        let membership = Membership::new(&id, NOON, EXPIRY);
        store.join("s", "red", &membership).await.unwrap();
        let leave = || store.leave("s", "red", &id, NOON);
        let join = || store.join("s", "red", &membership);
        let (first, joined, second, again) = tokio::join!(leave(), join(), leave(), join());
        let left = usize::from(first.unwrap().is_some()) + usize::from(second.unwrap().is_some());
        joined.and(again).unwrap();
        assert!((1..=3).contains(&left));
        let record = store.get("s", &id).await.unwrap().expect("it is connected");
        let is_member = ids_in(&store, "red").await.contains(&id);
        assert_eq!(record.is_in("red"), is_member, "after {left} leaves");
        store.delete("s", &id, NOON + 1).await.unwrap();
        store.remove_memberships("s", &id, NOON, &["red"]).await.unwrap();
    }
}
