//! Too many messages, too many handshakes.

use crate::failing::Failing;
use crate::{NOON, pass, run};
use lift_ws::limit::{MemoryLimitStore, OnFailure, Rate, RateLimits, UserLimits, limit_rate, limit_users};
use lift_ws::prelude::*;
use lift_ws::rate_limit;
use lift_ws::testing::simulation::Simulation;
use lift_ws::testing::{TestApp, TestClient, TestEvent};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

struct Payments;

rate_limit!(limit_payments: UserLimits<Payments>);

#[derive(Clone, FromRef)]
struct AppState {
    limits: RateLimits,
    users: UserLimits,
    payments: UserLimits<Payments>,
}

#[derive(Deserialize)]
struct As {
    user: Option<String>,
    tenant: Option<String>,
}

#[ws_route("$connect", middleware = [limit_users])]
async fn connect(Query(who): Query<As>) -> Accept {
    let accept = who.user.into_iter().fold(Accept::new(), Accept::user);
    who.tenant.into_iter().fold(accept, Accept::tenant)
}

#[ws_route("say", middleware = [limit_users])]
async fn say() -> Json<&'static str> {
    Json("said")
}

#[ws_route("tell")]
async fn tell() {}

#[ws_route("pay", middleware = [limit_payments])]
async fn pay() -> Json<&'static str> {
    Json("paid")
}

#[ws_route("$disconnect")]
async fn bye() {}

#[ws_app(state = AppState, middleware = [limit_rate], routes = [connect, say, tell, pay, bye])]
struct Chat;

fn none() -> AppState {
    AppState {
        limits: RateLimits::in_memory(),
        users: UserLimits::in_memory(),
        payments: UserLimits::in_memory(),
    }
}

async fn arrive(app: &TestApp<Chat>, user: &str) -> TestClient<Chat> {
    app.connect().query("user", user).query("tenant", "acme").await.unwrap()
}

/// How many of so many messages come through.
async fn said(client: &TestClient<Chat>, action: &str, times: usize) -> usize {
    let mut through = 0;
    for _ in 0..times {
        let reply: Value = client.send(json!({"action": action})).await.json();
        through += usize::from(reply == json!("said") || reply == json!("paid"));
    }
    through
}

#[test]
fn a_connection_has_its_burst_and_then_its_rate() {
    let world = Simulation::start(1, NOON);
    let limits = RateLimits::in_memory().per_connection(Rate::per_second(10).burst(20));
    let app = TestApp::<Chat>::new(AppState { limits, ..none() });
    let (ann, bob) = run(&world, async { (arrive(&app, "ann").await, arrive(&app, "bob").await) });
    assert_eq!(run(&world, said(&ann, "say", 30)), 20);
    assert_eq!(run(&world, said(&bob, "say", 30)), 20, "another connection has a bucket of its own");
    pass(&world, Duration::from_millis(500));
    assert_eq!(run(&world, said(&ann, "say", 30)), 5);
    pass(&world, Duration::from_secs(3_600));
    assert_eq!(run(&world, said(&ann, "say", 30)), 20, "no more than a burst is saved up");
}

#[test]
fn who_is_held_back_reads_when_to_try_again() {
    let world = Simulation::start(1, NOON);
    let limits = RateLimits::in_memory().per_connection(Rate::new(1, Duration::from_secs(2)));
    let app = TestApp::<Chat>::new(AppState { limits, ..none() });
    run(&world, async {
        let ann = arrive(&app, "ann").await;
        ann.send(json!({"action": "say"})).await;
        let refused: Value = ann.send(json!({"action": "say", "id": 7})).await.json();
        assert_eq!((&refused["type"], &refused["code"]), (&json!("error"), &json!("too_many_requests")));
        assert_eq!((&refused["retryAfterMs"], &refused["id"]), (&json!(2_000), &json!(7)));
        assert!(
            ann.send(json!({"action": "tell", "id": 8})).await.is_none(),
            "on a one-way route it is posted"
        );
        assert_eq!(ann.received()[0]["code"], "too_many_requests");
    });
}

#[test]
fn a_route_has_limits_of_its_own_beside_those_of_all() {
    let world = Simulation::start(1, NOON);
    let payments = UserLimits::in_memory().per_user(Rate::per_minute(2));
    let app = TestApp::<Chat>::new(AppState { payments, ..none() });
    run(&world, async {
        let (one, other) = (arrive(&app, "ann").await, arrive(&app, "ann").await);
        assert_eq!(
            said(&one, "pay", 1).await + said(&other, "pay", 5).await,
            2,
            "a user is one on all devices"
        );
        assert_eq!(said(&one, "say", 50).await, 50);
        assert_eq!(said(&arrive(&app, "bob").await, "pay", 5).await, 2);
    });
}

#[test]
fn a_tenant_shares_what_it_has() {
    let world = Simulation::start(1, NOON);
    let users = UserLimits::in_memory().per_tenant(Rate::per_minute(5)).per_user(Rate::per_minute(4));
    let app = TestApp::<Chat>::new(AppState { users, ..none() });
    run(&world, async {
        let (ann, bob) = (arrive(&app, "ann").await, arrive(&app, "bob").await);
        // Both handshakes have counted.
        assert_eq!(said(&ann, "say", 5).await, 3);
        assert_eq!(said(&bob, "say", 5).await, 0);
        let stranger = app.connect().query("user", "eve").query("tenant", "globex").await.unwrap();
        assert_eq!(said(&stranger, "say", 5).await, 3);
    });
}

#[test]
fn nobody_counts_by_connection() {
    let world = Simulation::start(1, NOON);
    let users = UserLimits::in_memory().per_user(Rate::per_minute(3)).per_tenant(Rate::per_minute(1));
    let app = TestApp::<Chat>::new(AppState { users, ..none() });
    run(&world, async {
        for _ in 0..3 {
            assert_eq!(said(&app.connect().await.unwrap(), "say", 5).await, 2);
        }
    });
}

#[test]
fn handshakes_are_held_back_by_address_and_by_user() {
    let world = Simulation::start(1, NOON);
    let limits = RateLimits::in_memory().handshakes_per_source_ip(Rate::per_minute(5));
    let users = UserLimits::in_memory().per_user(Rate::per_minute(2));
    let app = TestApp::<Chat>::new(AppState { limits, users, ..none() });
    run(&world, async {
        let mut statuses = Vec::new();
        for user in ["ann", "ann", "ann", "bob", "eve", "joe"] {
            statuses
                .push(app.connect().query("user", user).await.map_or_else(|refused| refused.status, |_| 200));
        }
        assert_eq!(statuses, [200, 200, 429, 200, 200, 429]);
        assert_eq!(app.records().len(), 4, "who is refused is not stored");
    });
}

#[test]
fn a_disconnect_is_never_held_back() {
    let world = Simulation::start(1, NOON);
    let limits = RateLimits::in_memory().per_source_ip(Rate::per_minute(1));
    let app = TestApp::<Chat>::new(AppState { limits, ..none() });
    run(&world, async {
        let ann = arrive(&app, "ann").await;
        assert_eq!(said(&ann, "say", 1).await, 0, "the handshake has taken what there was");
        ann.disconnect().await;
        assert!(app.records().is_empty());
    });
}

#[test]
fn what_no_route_takes_counts_too() {
    let world = Simulation::start(1, NOON);
    let limits = RateLimits::in_memory().per_connection(Rate::per_minute(1));
    let app = TestApp::<Chat>::new(AppState { limits, ..none() });
    run(&world, async {
        let unrouted = TestEvent::message("nothing", "{}").connection_id("AbC=").to_bytes();
        let routed = TestEvent::message("say", "{}").connection_id("AbC=").to_bytes();
        app.invoke(&unrouted).await.unwrap();
        let answer = app.invoke(&routed).await.unwrap();
        assert!(answer.to_string().contains("too_many_requests"), "{answer}");
    });
}

#[test]
fn environments_count_together_in_a_store_and_windows_end() {
    let world = Simulation::start(1, NOON);
    let store = Arc::new(MemoryLimitStore::new());
    let environment = || {
        let users = UserLimits::exact(Arc::clone(&store), OnFailure::Refuse).per_user(Rate::per_minute(6));
        TestApp::<Chat>::new(AppState { users, ..none() })
    };
    let (one, other) = (environment(), environment());
    run(&world, async {
        let (ann, elsewhere) = (arrive(&one, "ann").await, arrive(&other, "ann").await);
        assert_eq!(said(&ann, "say", 3).await + said(&elsewhere, "say", 5).await, 4);
        let refused: Value = ann.send(json!({"action": "say"})).await.json();
        assert_eq!(refused["retryAfterMs"], 60_000, "noon is the beginning of a minute");
    });
    pass(&world, Duration::from_secs(60));
    let ann = run(&world, arrive(&one, "ann"));
    assert_eq!(run(&world, said(&ann, "say", 9)), 5);
    store.sweep(NOON.as_secs() + 90);
    assert_eq!(store.len(), 1, "the window that is over has expired");
}

/// Lift's limiter let everybody in when its table could not be read.
#[test]
fn lift_lesson_a_limiter_that_cannot_reach_its_store_lets_nobody_in() {
    for (failing, on_messages) in [
        (Failing::AtOnce, OnFailure::Admit),
        (Failing::Silently, OnFailure::Admit),
        (Failing::AtOnce, OnFailure::Refuse),
    ] {
        let world = Simulation::start(1, NOON);
        let limits = RateLimits::exact(failing, on_messages).per_source_ip(Rate::per_second(100));
        let app = TestApp::<Chat>::new(AppState { limits, ..none() });
        run(&world, async {
            assert_eq!(app.connect().query("user", "ann").await.unwrap_err().status, 503);
            assert!(app.records().is_empty());
        });
    }
}

#[test]
fn messages_go_on_without_the_store_only_if_that_is_said() {
    for (on_failure, expected) in [(OnFailure::Admit, 1), (OnFailure::Refuse, 0)] {
        for failing in [Failing::AtOnce, Failing::Silently] {
            let world = Simulation::start(1, NOON);
            let limits = RateLimits::exact(failing, on_failure)
                .at_connect(OnFailure::Admit)
                .per_source_ip(Rate::per_second(1));
            let app = TestApp::<Chat>::new(AppState { limits, ..none() });
            let ann = run(&world, arrive(&app, "ann"));
            assert_eq!(run(&world, said(&ann, "say", 1)), expected, "{on_failure:?}");
            let reply: Value = run(&world, ann.send(json!({"action": "say"}))).json();
            assert!(!reply.to_string().contains("secret-table"), "{reply}");
        }
    }
}
