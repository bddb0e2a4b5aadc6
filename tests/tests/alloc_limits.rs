//! Limits in memory, the rules of messages and the deadline allocate nothing on the way of a message.

use futures_util::FutureExt;
use lift_ws::limit::{
    MessageRules, Rate, RateLimits, UserLimits, check_message, limit_rate, limit_users, within_deadline,
};
use lift_ws::prelude::*;
use lift_ws::testing::TestEvent;
use lift_ws::{Invocation, Service};
use serde_json::json;

#[derive(Clone, FromRef)]
struct AppState {
    limits: RateLimits,
    users: UserLimits,
    rules: MessageRules,
}

#[ws_route("say", middleware = [limit_users])]
async fn say() {}

#[ws_route("ask")]
async fn ask() -> Json<u8> {
    tokio::task::yield_now().await;
    Json(1)
}

#[ws_app(state = AppState, middleware = [limit_rate, check_message, within_deadline], routes = [say, ask])]
struct App;

fn service() -> Service<App> {
    let often = Rate::per_second(1_000_000).burst(1_000_000);
    Service::new(AppState {
        limits: RateLimits::in_memory().per_connection(often).per_source_ip(often),
        users: UserLimits::in_memory().per_user(often).per_tenant(often),
        rules: MessageRules::new().deepest(3),
    })
}

#[test]
fn a_message_within_all_limits_allocates_nothing() {
    let service = service();
    // More brackets than may nest, so that they are followed; another address, so that it is parsed.
    let body = json!({"a": [[1], [2], [3]], "text": "[[[[\"\\[[[["}).to_string();
    let known = json!({"principalId": "ann", "tenant": "acme"});
    let event = TestEvent::message("say", &body).authorizer(known);
    let event = event.context("identity", json!({"sourceIp": "2001:db8::1"})).to_bytes();
    let mut answer = Vec::with_capacity(1_000);
    let mut respond = || {
        let answered = service.respond(&event, Invocation::default(), &mut answer);
        answered.now_or_never().expect("nothing is waited for").unwrap();
    };
    respond();
    assert_eq!(allocation_counter::measure(&mut respond).count_total, 0);
    assert_eq!(answer, br#"{"statusCode":200}"#);
}

mod unlimited {
    use super::*;

    #[ws_app(state = AppState, routes = [ask])]
    pub(crate) struct App;
}

/// How much a message allocates whose handler waits once, run time included.
fn allocated_while_waiting<A: lift_ws::App<State = AppState>>() -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let service = Service::<A>::new(service().state().clone());
    let event = TestEvent::message("ask", "{}").to_bytes();
    let mut answer = Vec::with_capacity(1_000);
    let mut respond = || {
        runtime.block_on(async {
            service.respond(&event, Invocation::default(), &mut answer).await.unwrap();
        });
    };
    for _ in 0..3 {
        respond();
    }
    let counted = allocation_counter::measure(&mut respond).count_total;
    assert_eq!(answer, br#"{"statusCode":200,"body":"1"}"#);
    counted
}

#[test]
fn a_timer_for_a_handler_that_waits_allocates_nothing() {
    assert_eq!(allocated_while_waiting::<App>(), allocated_while_waiting::<unlimited::App>());
}
