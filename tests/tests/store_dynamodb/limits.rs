//! Limits in the table: what they cost, and what holds when many ask at once.

use crate::on_both_tables;
use crate::table::{Table, client};
use crate::wire::Fault;
use futures_util::future::join_all;
use lift_ws::limit::{
    DynamoLimitStore, LimitStore, OnFailure, Once, Rate, RateLimits, UserLimits, limit_rate, limit_users,
    once,
};
use lift_ws::prelude::*;
use lift_ws::store::StoreErrorKind;
use lift_ws::testing::{TestEvent, limit_store_contract};
use lift_ws::{Invocation, Service};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

on_both_tables![
    the_dynamodb_limit_store_keeps_the_contract,
    environments_that_ask_at_once_admit_no_more_than_the_rate,
    of_duplicates_in_a_race_exactly_one_runs,
    a_count_is_one_call_and_one_unit,
    what_is_done_once_costs_two_calls_and_a_duplicate_one,
    an_answer_that_is_lost_does_not_lock_a_message_out,
];

impl Table {
    fn limits(&self) -> DynamoLimitStore {
        DynamoLimitStore::new(self.client.clone(), self.name.clone())
    }
}

#[derive(Clone, FromRef)]
struct AppState {
    limits: RateLimits,
    users: UserLimits,
    once: Once,
    runs: Arc<AtomicUsize>,
}

#[ws_route("say", middleware = [limit_users])]
async fn say() -> Json<&'static str> {
    Json("said")
}

#[ws_route("pay", middleware = [once])]
async fn pay(State(runs): State<Arc<AtomicUsize>>) -> Json<usize> {
    let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
    tokio::task::yield_now().await;
    Json(run)
}

#[ws_app(state = AppState, middleware = [limit_rate], routes = [say, pay])]
struct App;

/// An environment of its own, with no limits but those that a test sets.
fn environment(table: &Table) -> AppState {
    AppState {
        limits: RateLimits::in_memory(),
        users: UserLimits::in_memory(),
        once: Once::new(table.limits()),
        runs: Arc::default(),
    }
}

/// A message of ann, whom an authorizer knows: no record is read.
async fn answer(service: &Service<App>, route: &str) -> Value {
    let event = TestEvent::message(route, r#"{"id":"o-17"}"#).authorizer(json!({"principalId": "ann"}));
    let mut answer = Vec::new();
    service.respond(&event.to_bytes(), Invocation::default(), &mut answer).await.expect("it is answered");
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON")
}

async fn the_dynamodb_limit_store_keeps_the_contract(table: Table) {
    limit_store_contract::check(&table.limits()).await;
}

/// A window that does not end while the test runs.
fn seven_a_year() -> Rate {
    Rate::new(7, Duration::from_secs(365 * 86_400))
}

async fn environments_that_ask_at_once_admit_no_more_than_the_rate(table: Table) {
    let services: Vec<_> = (0..4)
        .map(|_| {
            let users = UserLimits::exact(table.limits(), OnFailure::Refuse).per_user(seven_a_year());
            Service::<App>::new(AppState { users, ..environment(&table) })
        })
        .collect();
    let answers = join_all((0..40).map(|n| answer(&services[n % 4], "say"))).await;
    let through = answers.iter().filter(|answer| answer["data"] == "said").count();
    let held_back = answers.iter().filter(|answer| answer["code"] == "too_many_requests").count();
    assert_eq!((through, held_back), (7, 33), "{answers:?}");
    assert!(answers.iter().filter_map(|answer| answer["retryAfterMs"].as_u64()).all(|wait| wait > 0));
}

async fn of_duplicates_in_a_race_exactly_one_runs(table: Table) {
    let runs = Arc::<AtomicUsize>::default();
    let services: Vec<_> = (0..4)
        .map(|_| Service::<App>::new(AppState { runs: Arc::clone(&runs), ..environment(&table) }))
        .collect();
    let answers = join_all((0..16).map(|n| answer(&services[n % 4], "pay"))).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1, "{answers:?}");
    let (mut replied, mut in_progress) = (0, 0);
    for answer in &answers {
        match (&answer["data"], &answer["code"]) {
            (Value::Number(run), _) if run.as_u64() == Some(1) => replied += 1,
            (_, Value::String(code)) if code == "in_progress" => in_progress += 1,
            _ => panic!("{answer}"),
        }
    }
    assert!(replied >= 1 && replied + in_progress == 16, "{answers:?}");
    assert_eq!(answer(&services[3], "pay").await["data"], 1);
}

async fn a_count_is_one_call_and_one_unit(table: Table) {
    let limits = RateLimits::exact(table.limits(), OnFailure::Refuse).per_connection(seven_a_year());
    let service = Service::<App>::new(AppState { limits, ..environment(&table) });
    for n in 0..9 {
        let reply = answer(&service, "say").await;
        assert_eq!(reply["data"] == "said", n < 7, "{reply}");
        let calls = table.wire.take();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].operation, "UpdateItem");
        // DynamoDB takes a unit for a refused write too, but its answer, an error, does not say so.
        if n < 7 {
            assert_eq!(calls[0].units.get("table"), Some(&1.0));
        }
        assert!(calls[0].units.len() <= 1, "no index: {calls:?}");
    }
}

async fn what_is_done_once_costs_two_calls_and_a_duplicate_one(table: Table) {
    let service = Service::<App>::new(environment(&table));
    answer(&service, "pay").await;
    let calls = table.wire.take();
    assert_eq!(calls.iter().map(|call| &*call.operation).collect::<Vec<_>>(), ["PutItem", "UpdateItem"]);
    assert!(calls.iter().all(|call| call.units.values().sum::<f64>() == 1.0), "{calls:?}");
    answer(&service, "pay").await;
    assert_eq!(table.wire.take_operations(), ["PutItem"]);
}

/// The SDK repeats a call whose answer was lost: it finds its own row, or its own outcome.
async fn an_answer_that_is_lost_does_not_lock_a_message_out(table: Table) {
    let service = Service::<App>::new(environment(&table));
    table.wire.fail("PutItem", Fault::LostAnswer);
    table.wire.fail("UpdateItem", Fault::LostAnswer);
    assert_eq!(answer(&service, "pay").await["data"], 1);
    assert_eq!(answer(&service, "pay").await["data"], 1);
    assert_eq!(table.wire.faults_left(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_swept_by_the_table() {
    let table = Table::embedded().await;
    let store = table.limits();
    store.count("s", "ann", 7, 1, 10).await.unwrap();
    assert!(!store.count("s", "ann", 7, 1, 10).await.unwrap());
    table.database.as_ref().expect("it is embedded").sweep_ttl().expect("the sweep works");
    assert!(store.count("s", "ann", 7, 1, 10).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_missing_or_out_of_reach_is_an_error_and_no_admission() {
    let missing = Table::missing().await;
    let error = missing.limits().count("s", "ann", 7, 1, 10).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NoTable);
    let store = DynamoLimitStore::new(client("http://127.0.0.1:9").0, "lift-ws-connections");
    let error = store.count("s", "ann", 7, 1, 10).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}
