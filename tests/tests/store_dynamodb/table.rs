//! Tables to test on: in the embedded engine, and in DynamoDB Local.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection,
};
use dynoxide::Database;
use lift_ws::store::dynamodb::{DynamoStore, table_definition};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::wire::Wire;

/// Where DynamoDB Local listens: `bash .ci/run dynamodb_local` sets it.
const LOCAL: &str = "LIFT_WS_TEST_DYNAMODB_LOCAL";

/// A table as the app's manifest describes it, and a store over it.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) wire: Wire,
    /// The engine, if it is the embedded one.
    pub(crate) database: Option<Database>,
}

impl Table {
    pub(crate) async fn embedded() -> Self {
        let table = Self::missing().await;
        let definition = table_definition(&table.name);
        let database = table.database.as_ref().expect("it is embedded");
        let create = serde_json::from_value(definition.clone()).expect("a CreateTable request");
        database.create_table(create).expect("the table is created");
        let time_to_live = serde_json::from_value(definition).expect("an UpdateTimeToLive request");
        database.update_time_to_live(time_to_live).expect("its time-to-live is switched on");
        table
    }

    /// An engine without the table.
    pub(crate) async fn missing() -> Self {
        let database = Database::memory().expect("a database in memory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let (client, wire) = client(&url);
        Self { name: "lift-ws-connections".to_owned(), client, wire, database: Some(database) }
    }

    pub(crate) async fn local() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let url = std::env::var(LOCAL)
            .unwrap_or_else(|_| panic!("{LOCAL} is not set: run `bash .ci/run dynamodb_local`"));
        let (client, wire) = client(&url);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let table =
            Self { name: format!("lift-ws-{}-{number}", std::process::id()), client, wire, database: None };
        table.create().await;
        table.wire.take();
        table
    }

    pub(crate) fn store(&self) -> DynamoStore {
        DynamoStore::new(self.client.clone(), self.name.clone())
    }

    async fn create(&self) {
        let definition = table_definition(&self.name);
        let mut create =
            self.client.create_table().table_name(&self.name).billing_mode(BillingMode::PayPerRequest);
        for attribute in list(&definition["AttributeDefinitions"]) {
            let name = AttributeDefinition::builder().attribute_name(text(&attribute["AttributeName"]));
            let attribute = name.attribute_type(text(&attribute["AttributeType"]).as_str().into());
            create = create.attribute_definitions(attribute.build().expect("an attribute"));
        }
        for index in list(&definition["GlobalSecondaryIndexes"]) {
            let projection = &index["Projection"];
            let mut shown =
                Projection::builder().projection_type(text(&projection["ProjectionType"]).as_str().into());
            for name in projection["NonKeyAttributes"].as_array().into_iter().flatten() {
                shown = shown.non_key_attributes(text(name));
            }
            let built = GlobalSecondaryIndex::builder()
                .index_name(text(&index["IndexName"]))
                .set_key_schema(Some(key_schema(&index["KeySchema"])))
                .projection(shown.build());
            create = create.global_secondary_indexes(built.build().expect("an index"));
        }
        let create = create.set_key_schema(Some(key_schema(&definition["KeySchema"])));
        create.send().await.expect("the table is created");
    }
}

fn key_schema(keys: &Value) -> Vec<KeySchemaElement> {
    let keys = list(keys).iter().map(|key| {
        let built = KeySchemaElement::builder().attribute_name(text(&key["AttributeName"]));
        built.key_type(text(&key["KeyType"]).as_str().into()).build().expect("a key")
    });
    keys.collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A client over a wire of its own, that retries as the SDK does, only sooner.
pub(crate) fn client(url: &str) -> (Client, Wire) {
    let wire = Wire::new();
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .http_client(wire.clone())
        .retry_config(retries)
        .endpoint_url(url)
        .build();
    (Client::from_conf(config), wire)
}
