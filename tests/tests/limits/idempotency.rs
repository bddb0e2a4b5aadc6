//! Messages that come twice.

use crate::failing::Failing;
use crate::{NOON, pass, run};
use lift_ws::limit::{Attempt, LimitStore, MemoryLimitStore, OnFailure, Once, once};
use lift_ws::prelude::*;
use lift_ws::testing::simulation::{self, Simulation};
use lift_ws::testing::{TestApp, TestClient, TestEvent};
use lift_ws::{Invocation, Service};
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

/// How often handlers ran.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

#[derive(Clone, FromRef)]
struct AppState {
    once: Once,
    runs: Runs,
}

#[derive(Deserialize)]
struct Order {
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    seconds: u64,
    #[serde(default)]
    long: usize,
}

#[derive(Deserialize)]
struct As {
    user: Option<String>,
}

#[ws_route("$connect")]
async fn connect(Query(who): Query<As>) -> Accept {
    who.user.into_iter().fold(Accept::new(), Accept::user)
}

#[ws_route("pay", middleware = [once])]
async fn pay(State(runs): State<Runs>, Json(order): Json<Order>) -> Result<Json<Value>, Error> {
    let run = runs.0.fetch_add(1, Ordering::SeqCst) + 1;
    if order.seconds > 0 {
        simulation::sleep(Duration::from_secs(order.seconds)).await;
    }
    match order.fails {
        true => Err(Error::new("declined", "the card was declined")),
        false => Ok(Json(json!({"run": run, "pad": "x".repeat(order.long)}))),
    }
}

#[ws_route("refund", middleware = [once])]
async fn refund(State(runs): State<Runs>) -> String {
    format!("refund \"{}\"", runs.0.fetch_add(1, Ordering::SeqCst) + 1)
}

#[ws_route("order", middleware = [once])]
async fn order(State(runs): State<Runs>) {
    runs.0.fetch_add(1, Ordering::SeqCst);
}

#[ws_app(state = AppState, routes = [connect, pay, refund, order])]
struct Shop;

struct Setting {
    app: TestApp<Shop>,
    runs: Runs,
}

impl Setting {
    fn new(store: impl LimitStore) -> Self {
        Self::with(Once::new(store))
    }

    fn with(once: Once) -> Self {
        let runs = Runs::default();
        Self { app: TestApp::new(AppState { once, runs: runs.clone() }), runs }
    }

    async fn arrive(&self, user: &str) -> TestClient<Shop> {
        self.app.connect().query("user", user).await.unwrap()
    }

    fn runs(&self) -> usize {
        self.runs.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_duplicate_reads_the_first_reply_also_over_another_connection() {
    let setting = Setting::new(MemoryLimitStore::new());
    let (phone, laptop) = (setting.arrive("ann").await, setting.arrive("ann").await);
    let first: Value = phone.send(json!({"action": "pay", "id": "o-17"})).await.json();
    assert_eq!(
        (&first["type"], &first["id"], &first["data"]["run"]),
        (&json!("reply"), &json!("o-17"), &json!(1))
    );
    phone.disconnect().await;
    let again: Value = laptop.send(json!({"action": "pay", "id": "o-17"})).await.json();
    assert_eq!((again, setting.runs()), (first, 1));
}

#[tokio::test]
async fn users_routes_and_ids_are_apart() {
    let setting = Setting::new(MemoryLimitStore::new());
    let (ann, bob) = (setting.arrive("ann").await, setting.arrive("bob").await);
    let (nobody, stranger) = (setting.app.connect().await.unwrap(), setting.app.connect().await.unwrap());
    for client in [&ann, &bob, &nobody, &stranger] {
        for id in [json!("1"), json!(1), json!("2")] {
            client.send(json!({"action": "pay", "id": id})).await;
        }
        client.send(json!({"action": "order", "id": "1"})).await;
    }
    assert_eq!(setting.runs(), 16);
}

#[tokio::test]
async fn an_id_is_the_same_however_its_characters_are_written() {
    let setting = Setting::new(MemoryLimitStore::new());
    let ann = setting.arrive("ann").await;
    for id in [r#""caf\u00e9/1""#, r#""café\/1""#, r#""café/1""#] {
        ann.send_text(&format!(r#"{{"action":"pay","id":{id}}}"#)).await;
    }
    assert_eq!(setting.runs(), 1);
    for id in [r#""caf\\u00e9/1""#, r#""caf\\/1""#, r#""caf/1""#] {
        ann.send_text(&format!(r#"{{"action":"pay","id":{id}}}"#)).await;
    }
    assert_eq!(setting.runs(), 4, "a backslash of the id's own is none of JSON's");
}

#[tokio::test]
async fn a_store_in_memory_forgets_what_has_expired_by_itself() {
    let store = MemoryLimitStore::new();
    for n in 0..20_000_u64 {
        store.count("api/stage", &format!("user {n}"), n, 1, 1).await.unwrap();
    }
    let after_counters = store.len();
    for n in 0..20_000_u64 {
        let attempt = Attempt::new("token", 1_000 + n * 1_000, 2_000 + n * 1_000, 2 + n);
        store.begin("api/stage", &format!("id {n}"), &attempt).await.unwrap();
    }
    assert!(after_counters < 5_000 && store.len() < 5_000, "{after_counters}, {}", store.len());
}

#[tokio::test]
async fn a_store_in_memory_keeps_what_has_not_expired() {
    let store = MemoryLimitStore::new();
    for n in 0..5_000_u64 {
        store.count("api/stage", &format!("user {n}"), 1, 1, u64::MAX).await.unwrap();
    }
    for n in 0..5_000_u64 {
        assert!(!store.count("api/stage", &format!("user {n}"), 1, 1, u64::MAX).await.unwrap());
    }
}

#[tokio::test]
async fn texts_come_back_as_texts_and_one_way_routes_say_nothing_again() {
    let setting = Setting::new(MemoryLimitStore::new());
    let ann = setting.arrive("ann").await;
    let first: Value = ann.send(json!({"action": "refund", "id": 1})).await.json();
    assert_eq!(first, json!({"type": "reply", "id": 1, "data": "refund \"1\""}));
    assert_eq!(ann.send(json!({"action": "refund", "id": 1})).await.json::<Value>(), first);
    for _ in 0..2 {
        assert!(ann.send(json!({"action": "order", "id": 2})).await.is_none());
    }
    assert_eq!((setting.runs(), ann.received()), (2, vec![]));
}

#[tokio::test]
async fn an_error_is_not_remembered() {
    let setting = Setting::new(MemoryLimitStore::new());
    let ann = setting.arrive("ann").await;
    let declined: Value = ann.send(json!({"action": "pay", "id": 1, "fails": true})).await.json();
    assert_eq!(declined["code"], "declined");
    let paid: Value = ann.send(json!({"action": "pay", "id": 1})).await.json();
    assert_eq!(paid["data"]["run"], 2);
}

#[tokio::test]
async fn a_message_without_id_is_refused_unless_that_is_allowed() {
    let strict = Setting::new(MemoryLimitStore::new());
    let lenient = Setting::with(Once::new(MemoryLimitStore::new()).allow_missing_id());
    for id in [json!(null), json!(1.5), json!("x".repeat(129)), json!({"a": 1})] {
        let message = json!({"action": "pay", "id": id});
        let refused: Value = strict.arrive("ann").await.send(&message).await.json();
        assert_eq!(refused["code"], "missing_id", "{message}");
        lenient.arrive("ann").await.send(&message).await;
    }
    assert_eq!((strict.runs(), lenient.runs()), (0, 4));
}

#[tokio::test]
async fn of_a_reply_that_is_too_large_to_keep_a_duplicate_learns_that_it_was_done() {
    let setting = Setting::with(Once::new(MemoryLimitStore::new()).largest_reply(100));
    let ann = setting.arrive("ann").await;
    let order = json!({"action": "pay", "id": 1, "long": 101});
    assert_eq!(ann.send(&order).await.json::<Value>()["data"]["run"], 1);
    assert_eq!(ann.send(&order).await.json::<Value>()["code"], "already_done");
    assert_eq!(setting.runs(), 1);
}

#[test]
fn what_was_done_is_forgotten_when_its_time_is_over() {
    let world = Simulation::start(1, NOON);
    let setting = Setting::with(Once::new(MemoryLimitStore::new()).kept_for(Duration::from_secs(3_600)));
    let ann = run(&world, setting.arrive("ann"));
    for (time, runs) in [(0, 1), (3_590, 1), (20, 2)] {
        pass(&world, Duration::from_secs(time + 1));
        run(&world, ann.send(json!({"action": "pay", "id": 1})));
        assert_eq!(setting.runs(), runs);
    }
}

/// Without a store nothing can be known, and a payment that is made twice is worse than one that is not made.
#[test]
fn lift_lesson_what_is_to_be_done_once_is_not_done_when_the_store_cannot_be_reached() {
    for failing in [Failing::AtOnce, Failing::Silently] {
        let world = Simulation::start(1, NOON);
        let setting = Setting::new(failing);
        let ann = run(&world, setting.arrive("ann"));
        let refused: Value = run(&world, ann.send(json!({"action": "pay", "id": 1}))).json();
        assert_eq!((&refused["code"], setting.runs()), (&json!("internal_error"), 0));
    }
    let world = Simulation::start(1, NOON);
    let setting = Setting::with(Once::new(Failing::AtOnce).on_failure(OnFailure::Admit));
    let ann = run(&world, setting.arrive("ann"));
    run(&world, ann.send(json!({"action": "pay", "id": 1})));
    assert_eq!(setting.runs(), 1, "the user has said so");
}

struct Environment {
    service: Service<Shop>,
    runs: Runs,
}

impl Environment {
    fn new(store: &Arc<MemoryLimitStore>) -> Self {
        let runs = Runs::default();
        let state = AppState { once: Once::new(Arc::clone(store)), runs: runs.clone() };
        Self { service: Service::new(state), runs }
    }

    /// Of an invocation with 10 seconds.
    async fn pay(&self, seconds: u64) -> Value {
        let noon = u64::try_from(NOON.as_millis()).unwrap();
        let body = json!({"id": 1, "seconds": seconds}).to_string();
        // An authorizer says who it is: no record is needed.
        let event = TestEvent::message("pay", &body).authorizer(json!({"principalId": "ann"})).to_bytes();
        let invocation = Invocation { deadline_ms: noon + 10_000, ..Invocation::default() };
        let mut answer = Vec::new();
        self.service.respond(&event, invocation, &mut answer).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
    }
}

#[test]
fn a_duplicate_waits_for_nobody_and_the_first_is_not_disturbed() {
    let world = Simulation::start(1, NOON);
    let store = Arc::new(MemoryLimitStore::new());
    let (one, other) = (Environment::new(&store), Environment::new(&store));
    let mut first = pin!(one.pay(5));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let duplicate = run(&world, other.pay(0));
    assert_eq!(duplicate["code"], "in_progress");
    assert_eq!(run(&world, first)["data"]["run"], 1);
    assert_eq!(run(&world, other.pay(0))["data"]["run"], 1);
    assert_eq!(other.runs.0.load(Ordering::SeqCst), 0);
}

#[test]
fn after_an_environment_was_killed_the_message_is_run_again_when_its_time_would_have_been_over() {
    let world = Simulation::start(1, NOON);
    let store = Arc::new(MemoryLimitStore::new());
    let (killed, other) = (Environment::new(&store), Environment::new(&store));
    {
        let mut first = pin!(killed.pay(5));
        assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    pass(&world, Duration::from_millis(10_900));
    assert_eq!(run(&world, other.pay(0))["code"], "in_progress", "clocks may be a second apart");
    pass(&world, Duration::from_millis(100));
    assert_eq!(run(&world, other.pay(0))["data"]["run"], 1);
}
