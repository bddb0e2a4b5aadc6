//! Handlers that are too slow.

use crate::{NOON, run};
use lift_ws::connection::Connections;
use lift_ws::limit::{DeadlineRules, within_deadline};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;
use lift_ws::testing::TestEvent;
use lift_ws::testing::simulation::{self, Simulation};
use lift_ws::{Invocation, Service, deadline};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

deadline!(within_3_seconds: DeadlineRules::new().integration_timeout(Duration::from_secs(3)).margin(Duration::ZERO));

/// How many handlers came to their end.
type Ended = Arc<AtomicUsize>;

async fn work(seconds: u64, ended: &Ended) {
    simulation::sleep(Duration::from_secs(seconds)).await;
    ended.fetch_add(1, Ordering::SeqCst);
}

#[derive(Deserialize)]
struct For {
    seconds: u64,
}

#[ws_route("$connect")]
async fn connect(State(ended): State<Ended>) {
    work(60, &ended).await;
}

#[ws_route("ask")]
async fn ask(State(ended): State<Ended>, Json(time): Json<For>) -> Json<&'static str> {
    work(time.seconds, &ended).await;
    Json("done")
}

#[ws_route("tell")]
async fn tell(State(ended): State<Ended>, Json(time): Json<For>) {
    work(time.seconds, &ended).await;
}

#[ws_route("search", middleware = [within_3_seconds])]
async fn search(State(ended): State<Ended>, Json(time): Json<For>) -> Json<&'static str> {
    work(time.seconds, &ended).await;
    Json("found")
}

#[ws_route("$disconnect")]
async fn bye(State(ended): State<Ended>) {
    work(60, &ended).await;
}

#[ws_app(state = Ended, middleware = [within_deadline], routes = [connect, ask, tell, search, bye])]
struct App;

struct Setting {
    world: Simulation,
    service: Service<App>,
    poster: Arc<RecordingPoster>,
    ended: Ended,
}

impl Setting {
    fn new() -> Self {
        let world = Simulation::start(1, NOON);
        let (poster, ended) = (Arc::new(RecordingPoster::new()), Ended::default());
        let conns = Connections::builder(MemoryStore::new(), Arc::clone(&poster))
            .callback_url("https://test.execute-api.us-east-1.amazonaws.com/test")
            .build();
        let service = Service::new(Arc::clone(&ended)).with_connections(conns);
        Self { world, service, poster, ended }
    }

    /// The answer, and after how many milliseconds it came; Lambda ends the invocation after so many seconds.
    fn answer(&self, event: TestEvent, lambda: u64) -> (Value, u128) {
        let noon = u64::try_from(NOON.as_millis()).unwrap();
        let begun = self.world.passed();
        let now = noon + u64::try_from(begun.as_millis()).unwrap();
        let payload = event.connection_id("AbC=").context("requestTimeEpoch", now).to_bytes();
        let invocation = Invocation { deadline_ms: now + lambda * 1_000, ..Invocation::default() };
        let mut answer = Vec::new();
        run(&self.world, self.service.respond(&payload, invocation, &mut answer)).unwrap();
        (serde_json::from_slice(&answer).unwrap(), (self.world.passed() - begun).as_millis())
    }

    fn message(&self, route: &str, seconds: u64, lambda: u64) -> (Value, u128) {
        let (answer, time) =
            self.answer(TestEvent::message(route, &json!({"seconds": seconds}).to_string()), lambda);
        assert_eq!(answer["statusCode"], 200, "the gateway adds no frame of its own");
        let body = answer["body"].as_str().unwrap_or("null");
        (serde_json::from_str(body).unwrap(), time)
    }
}

#[test]
fn a_slow_handler_is_cut_off_at_the_lesser_of_both_deadlines() {
    let setting = Setting::new();
    assert_eq!(setting.message("ask", 5, 60), (json!("done"), 5_000));
    let (reply, time) = setting.message("ask", 45, 60);
    assert_eq!((&reply["code"], time), (&json!("timeout"), 28_500), "the gateway's patience is the lesser");
    let (reply, time) = setting.message("ask", 45, 10);
    assert_eq!((&reply["code"], time), (&json!("timeout"), 9_500), "Lambda's deadline is the lesser");
    assert_eq!(setting.ended.load(Ordering::SeqCst), 1, "what was cut off did not go on");
}

#[test]
fn on_a_one_way_route_there_is_time_to_post_the_error() {
    let setting = Setting::new();
    let (_, time) = setting.message("tell", 45, 10);
    let posted = setting.poster.posted_to("AbC=");
    assert_eq!((posted.len(), time), (1, 9_500));
    assert!(posted[0].contains(r#""code":"timeout""#), "{posted:?}");
}

#[test]
fn a_route_may_have_less_time() {
    let setting = Setting::new();
    assert_eq!(setting.message("search", 2, 60), (json!("found"), 2_000));
    let (reply, time) = setting.message("search", 45, 60);
    assert_eq!((&reply["code"], time), (&json!("timeout"), 3_000));
}

#[test]
fn a_handshake_that_takes_too_long_is_refused_and_a_disconnect_has_lambdas_time() {
    let setting = Setting::new();
    let (answer, time) = setting.answer(TestEvent::connect(), 90);
    assert_eq!((&answer["statusCode"], time), (&json!(504), 28_500));
    let (_, time) = setting.answer(TestEvent::disconnect(1_000, ""), 90);
    assert_eq!((time, setting.ended.load(Ordering::SeqCst)), (60_000, 1), "it came to its end");
    let (_, time) = setting.answer(TestEvent::disconnect(1_000, ""), 30);
    assert_eq!(time, 29_500);
}

#[test]
fn an_event_that_comes_too_late_is_still_answered_by_a_handler_that_does_not_wait() {
    let setting = Setting::new();
    let late = u64::try_from(NOON.as_millis()).unwrap() - 60_000;
    let event = |seconds| {
        let event = TestEvent::message("ask", &format!(r#"{{"seconds":{seconds}}}"#)).connection_id("AbC=");
        event.context("requestTimeEpoch", late).to_bytes()
    };
    let mut answer = Vec::new();
    run(&setting.world, setting.service.respond(&event(0), Invocation::default(), &mut answer)).unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("done"));
    run(&setting.world, setting.service.respond(&event(1), Invocation::default(), &mut answer)).unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("timeout"));
}
