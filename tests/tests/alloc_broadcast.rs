//! What a broadcast holds in memory does not grow with its group: members are read page by page from DynamoDB, a page
//! ahead, and forgotten when they have had their turn. Above the SDK, over a table that makes its pages up.

use std::time::UNIX_EPOCH;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, HttpClient, Region, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::http::StatusCode;
use bytes::Bytes;
use lift_ws::connection::{Connections, Settings};
use lift_ws::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use lift_ws::store::BoxFuture;
use lift_ws::store::dynamodb::DynamoStore;
use serde_json::{Value, json};

/// A group of so many members, who came one after the other, a millisecond apart.
#[derive(Debug, Clone)]
struct GroupTable {
    members: usize,
    first_at: u128,
}

impl GroupTable {
    fn of(members: usize) -> Self {
        let now = UNIX_EPOCH.elapsed().unwrap().as_millis();
        Self { members, first_at: now - 60_000 }
    }

    fn store(self) -> DynamoStore {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
            .http_client(self);
        DynamoStore::new(Client::from_conf(config.build()), "t")
    }

    fn page(&self, query: &Value) -> Value {
        let limit = usize::try_from(query["Limit"].as_u64().expect("pages are bounded")).unwrap();
        let after = query["ExclusiveStartKey"]["SK"]["S"].as_str();
        let first = after.map_or(0, |key| number(key) + 1);
        let end = self.members.min(first + limit);
        let items: Vec<Value> = (first..end).map(|n| self.row(n, query)).collect();
        let mut page = json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items });
        if end < self.members {
            let last = self.row(end - 1, query);
            page["LastEvaluatedKey"] = json!({ "PK": last["PK"], "SK": last["SK"] });
        }
        page
    }

    fn row(&self, number: usize, query: &Value) -> Value {
        let (at, group) = (self.first_at + number as u128, &query["ExpressionAttributeValues"][":group"]);
        json!({
            "PK": group,
            "SK": { "S": format!("{at:013}#L0SM9cOF{number:07}=") },
            "v": { "N": "1" },
            "exp": { "N": (at / 1_000 + 9_000).to_string() },
            "u": { "S": format!("user-{number}") },
        })
    }
}

/// Of the member with this sort key.
fn number(key: &str) -> usize {
    let (_, id) = key.split_once("#L0SM9cOF").expect("a key that this table gave");
    id.trim_end_matches('=').parse().expect("the number in it")
}

impl HttpClient for GroupTable {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for GroupTable {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let query = serde_json::from_slice(request.body().bytes().expect("a body")).expect("JSON");
        let page = self.page(&query).to_string();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(StatusCode::try_from(200).unwrap(), page.into())))
    }
}

/// A gateway that takes everything, after a while in which others have their turns.
#[derive(Debug)]
struct Gateway;

impl Poster for Gateway {
    fn post<'a>(&'a self, _: &'a str, _: &'a str, _: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
    }

    fn info<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async { Err(PostError::new(PostErrorKind::Refused)) })
    }

    fn disconnect<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async { Err(PostError::new(PostErrorKind::Refused)) })
    }
}

/// The most bytes that a broadcast to so many holds at once.
fn peak(members: usize) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let settings = Settings::default().with_rate(u32::MAX);
    let conns = Connections::builder(GroupTable::of(members).store(), Gateway).settings(settings).build();
    let conns = conns.at("http://gateway.test/prod").scope("a1b2c3/prod");
    let mut delivered = 0;
    let counts = allocation_counter::measure(|| {
        let report = runtime.block_on(async { conns.group("red").send_raw("hello").await });
        delivered = report.expect("the group is read to its end").delivered;
    });
    assert_eq!(delivered, members);
    counts.bytes_max
}

#[test]
fn a_broadcast_to_fifty_times_as_many_holds_no_more_in_memory() {
    let of_a_page = peak(1_000);
    assert!(of_a_page > 100_000, "a thousand members were held, and {of_a_page} bytes counted");
    let [of_many, of_five_times_as_many] = [10_000, 50_000].map(peak);
    assert!(of_many <= of_a_page * 6 / 5, "10,000 members: {of_many} bytes, a thousand: {of_a_page}");
    // Not even a byte for each of the 40,000.
    let more = of_five_times_as_many.saturating_sub(of_many);
    assert!(more < 40_000, "50,000 members: {of_five_times_as_many} bytes, 10,000: {of_many}");
}
