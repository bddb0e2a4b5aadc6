//! A new build takes over while sockets stay open.

use lift_ws_local::LocalGateway;
use lift_ws_local::core::Manifest;
use serde_json::json;

use crate::client::{Client, SIGNATURE, http, manifest, scripted, start};
use crate::function::function;

const VERSION: &str = r#"{"do":"variable","name":"VERSION"}"#;

#[tokio::test]
async fn new_events_go_to_the_new_function_on_the_same_socket() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    assert_eq!(client.ask(VERSION).await, "(not set)");
    watched.gateway.replace(function().env("VERSION", "2"), None).await.unwrap();
    assert_eq!(client.ask(VERSION).await, "2");
}

#[tokio::test]
async fn an_event_that_is_under_way_is_finished_by_the_old_environment() {
    let mut watched = start(scripted(&[]).environments(1)).await;
    let mut client = watched.connect().await;
    client.say(r#"{"do":"sleep","ms":300}"#).await;
    let old = watched.printed("sleeping ").await;
    client.socket.get_mut();
    let mut other = watched.connect().await;
    watched.gateway.replace(function().env("VERSION", "2"), None).await.unwrap();
    // The maximum of one environment does not make the new one wait for the old.
    assert_eq!(other.ask(VERSION).await, "2");
    assert_eq!(client.hear().await, old);
}

#[tokio::test]
async fn a_new_manifest_changes_the_routes_of_open_connections() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let route = async |client: &mut Client| {
        let event = client.ask(r#"{"action":"new","do":"event"}"#).await;
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        event["requestContext"]["routeKey"].as_str().unwrap().to_owned()
    };
    assert_eq!(route(&mut client).await, "$default");
    watched.gateway.replace(function(), Some(&manifest(&["new"]))).await.unwrap();
    assert_eq!(route(&mut client).await, "new");
}

/// A manifest with this table.
fn with_table(name: &str) -> Manifest {
    let mut manifest = manifest(&[]);
    manifest.tables.push(json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "PK", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "PK", "KeyType": "HASH" }],
    }));
    manifest
}

async fn variable(client: &mut Client, name: &str) -> String {
    client.ask(&json!({ "do": "variable", "name": name }).to_string()).await
}

/// The status of a request to the DynamoDB that the function is told of.
async fn dynamodb(client: &mut Client, operation: &str, body: serde_json::Value) -> u16 {
    let url = variable(client, "AWS_ENDPOINT_URL_DYNAMODB").await;
    let headers = format!(
        "authorization: {SIGNATURE}\r\nx-amz-date: 20260101T000000Z\r\n\
         content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.{operation}\r\n"
    );
    http(url.strip_prefix("http://").unwrap(), "POST", "/", &headers, &body.to_string()).await.status
}

#[tokio::test]
async fn a_new_manifest_brings_its_tables_and_keeps_the_items_of_the_others() {
    let watched = start(LocalGateway::builder(with_table("first-table"), function())).await;
    let mut client = watched.connect().await;
    let key = json!({ "PK": { "S": "a" } });
    let put = json!({ "TableName": "first-table", "Item": key });
    assert_eq!(dynamodb(&mut client, "PutItem", put.clone()).await, 200);
    let mut both = with_table("second-table");
    both.tables.extend(with_table("first-table").tables);
    watched.gateway.replace(function(), Some(&both)).await.unwrap();
    assert_eq!(variable(&mut client, "LIFT_WS_TABLE").await, "second-table");
    let second = json!({ "TableName": "second-table", "Item": key });
    assert_eq!(dynamodb(&mut client, "PutItem", second).await, 200);
    let mut once = put;
    once["ConditionExpression"] = "attribute_not_exists(PK)".into();
    assert_eq!(dynamodb(&mut client, "PutItem", once).await, 400, "the item is there already");
}

#[tokio::test]
async fn a_new_manifest_whose_table_cannot_be_made_changes_nothing() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let mut broken = manifest(&["new"]);
    broken.tables.push(json!({ "TableName": "no-key-table" }));
    let error = watched.gateway.replace(function().env("VERSION", "2"), Some(&broken)).await.unwrap_err();
    assert!(error.to_string().contains("cannot make the table no-key-table"), "{error}");
    assert_eq!(client.ask(VERSION).await, "(not set)");
}

#[tokio::test]
async fn the_host_that_an_api_has_on_aws_leads_home_for_a_new_build_too() {
    let with_host =
        || function().env("HOME_URL", "https://local00000.execute-api.us-east-1.amazonaws.com/dev");
    let watched = start(LocalGateway::builder(manifest(&[]), with_host())).await;
    let mut client = watched.connect().await;
    let home = format!("https://{}/dev", watched.address());
    assert_eq!(variable(&mut client, "HOME_URL").await, home);
    watched.gateway.replace(with_host(), None).await.unwrap();
    assert_eq!(variable(&mut client, "HOME_URL").await, home);
    let named = with_host().named("scripted").env("VERSION", "3");
    watched.gateway.replace_function("scripted", named, None).await.unwrap();
    assert_eq!(client.ask(VERSION).await, "3");
    assert_eq!(variable(&mut client, "HOME_URL").await, home);
}
