//! What the macros make, at work: apps with routes, middleware and provided values, driven without a gateway.

use lift_ws::event::OtherEvent;
use lift_ws::prelude::*;
use lift_ws::{Invocation, Service};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

mod chat {
    use lift_ws::prelude::*;

    #[derive(Deserialize)]
    pub(super) struct Say<'m> {
        #[serde(borrow)]
        pub(super) text: Text<'m>,
    }

    #[ws_route("say")]
    pub(super) async fn say(
        Json(say): Json<Say<'_>>,
        State(greeting): State<super::Greeting>,
    ) -> Json<String> {
        Json(format!("{} {}", greeting.0, &*say.text))
    }

    #[ws_route("quiet")]
    pub(super) async fn quiet(RawBody(_): RawBody<'_>) {}
}

#[derive(Clone)]
struct Greeting(&'static str);

#[derive(Clone, FromRef)]
struct AppState {
    greeting: Greeting,
}

struct Claims {
    subject: String,
}

#[ws_middleware]
async fn authenticate(event: &Event<'_>, next: impl Provide<Claims>) -> Result<Reply, Reply> {
    if event.body().contains("forged") {
        return Err(Reply::error("forged", "no"));
    }
    Ok(next.provide(Claims { subject: event.connection_id().to_owned() }).run().await)
}

#[ws_middleware]
async fn audit(event: &Event<'_>, next: impl Next) -> Reply {
    let reply = next.run().await;
    if event.body().contains("audited") { Reply::error("audited", "seen") } else { reply }
}

#[ws_route("who", middleware = [audit])]
async fn who(Provided(claims): Provided<'_, Claims>) -> Json<String> {
    Json(claims.subject.clone())
}

#[ws_route("$connect")]
async fn connect() -> Status {
    Status(418)
}

#[ws_route("$default")]
async fn unknown(event: &Event<'_>) -> Json<String> {
    Json(format!("nothing takes {}", event.route_key()))
}

/// Marks the body on the way in, the error code on the way out.
macro_rules! marks {
    ($($name:ident)*) => {$(
        #[ws_middleware]
        async fn $name(next: impl Next) -> Reply {
            let reply = next.run().await;
            let inside = reply.error_code().unwrap_or_default().to_owned();
            Reply::error(concat!(stringify!($name), " ").to_owned() + &inside, "")
        }
    )*};
}
marks!(first second third fourth);

#[ws_route("ordered", middleware = [third, fourth])]
async fn ordered() -> Json<()> {
    Json(())
}

async fn jobs(event: OtherEvent<'_>, state: &()) -> Result<serde_json::Value, Error> {
    let () = state;
    Ok(format!("{:?}", event.source()).into())
}

#[ws_app(middleware = [first, second], routes = [ordered], other = jobs)]
struct Ordered;

#[ws_app(
    state = AppState,
    middleware = [authenticate],
    routes = [connect, chat::say, chat::quiet, who, unknown]
)]
struct Chat;

fn answer(key: &str, body: &str) -> String {
    respond(Service::<Chat>::new(AppState { greeting: Greeting("hello") }), &message(key, body))
}

fn message(key: &str, body: &str) -> String {
    let body = serde_json::to_string(body).unwrap();
    format!(
        r#"{{"requestContext":{{"eventType":"MESSAGE","routeKey":"{key}","connectionId":"c=","requestId":"r"}},"body":{body}}}"#
    )
}

fn respond<A: App>(service: Service<A>, payload: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut answer = Vec::new();
    runtime.block_on(service.respond(payload.as_bytes(), Invocation::default(), &mut answer)).unwrap();
    String::from_utf8(answer).unwrap()
}

#[test]
fn routes_answer_with_parts_of_the_state_and_provided_values() {
    assert_eq!(answer("say", r#"{"text":"you"}"#), r#"{"statusCode":200,"body":"\"hello you\""}"#);
    assert_eq!(answer("quiet", "x"), r#"{"statusCode":200}"#);
    assert_eq!(answer("who", "x"), r#"{"statusCode":200,"body":"\"c=\""}"#);
}

#[test]
fn middleware_stops_and_changes_replies() {
    assert!(answer("who", "forged").contains("forged"));
    assert!(answer("who", "audited").contains("audited"));
    assert!(!answer("quiet", "audited").contains("seen"), "not on that route");
}

#[test]
fn the_apps_middleware_runs_outside_the_routes_in_the_order_of_the_lists() {
    let answer = respond(Service::<Ordered>::new(()), &message("ordered", ""));
    assert!(answer.contains("first second third fourth "), "{answer}");
}

#[ws_middleware]
async fn count(State(seen): State<Arc<AtomicUsize>>, next: impl Next) -> Reply {
    seen.fetch_add(1, Ordering::Relaxed);
    next.run().await
}

#[ws_app(state = Arc<AtomicUsize>, middleware = [count])]
struct Counting;

#[test]
fn the_apps_middleware_sees_messages_without_a_route() {
    let seen = Arc::new(AtomicUsize::new(0));
    respond(Service::<Counting>::new(Arc::clone(&seen)), &message("nobody's", ""));
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}

#[test]
fn a_client_cannot_reach_connect_by_its_key() {
    assert!(answer("$connect", "").contains("nothing takes $connect"));
    assert!(answer("$disconnect", "").contains("nothing takes $disconnect"));
}

#[test]
fn other_payloads_go_to_the_function_named_for_them() {
    let answer = respond(Service::<Ordered>::new(()), r#"{"detail-type":"Scheduled Event"}"#);
    assert!(answer.contains("Unknown"), "{answer}");
}

#[test]
fn the_table_is_a_constant_that_names_handlers_and_places() {
    const ROUTES: [lift_ws::RouteInfo; 5] = Chat::ROUTES;
    let [connect, say, quiet, who, unknown] = &ROUTES;
    assert_eq!((connect.key, unknown.key), ("$connect", "$default"));
    assert_eq!((say.handler, say.two_way, quiet.two_way), ("macros::chat::say", true, false));
    assert!(say.location.file.ends_with("tests/macros.rs") && say.location.line > 1, "{:?}", say.location);
    assert_eq!((who.middleware, say.middleware.len()), (["macros::audit"].as_slice(), 0));
    assert_eq!(Chat::MIDDLEWARE, ["macros::authenticate"]);
}
