//! The DynamoDB store over HTTP: against the embedded engine in every run, and against DynamoDB Local in the lane
//! `bash .ci/run dynamodb_local`.

mod budget;
mod contract;
mod embedded;
mod faults;
mod fixtures;
mod handover;
mod lift;
mod limits;
mod races;
mod table;
mod wire;

use lift_ws::store::dynamodb::DynamoStore;
use lift_ws::store::{ConnectionStore, MembersQuery};

const NOON: u64 = 1_767_268_800_000;
const EXPIRY: u64 = NOON / 1_000 + 8_100;

/// Makes two tests of each `async fn(Table)`: on the embedded engine, and on DynamoDB Local.
macro_rules! on_both_tables {
    ($($case:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case($crate::table::Table::embedded().await).await;
            })+
        }

        mod dynamodb_local {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "`bash .ci/run dynamodb_local` starts DynamoDB Local and runs it"]
            async fn $case() {
                super::$case($crate::table::Table::local().await).await;
            })+
        }
    };
}
use on_both_tables;

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
