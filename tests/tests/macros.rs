//! What the macros make, at work: apps with routes, middleware and provided values, driven without a gateway.

use lift_ws::prelude::*;
use lift_ws::{Invocation, Service};

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

#[ws_app(state = AppState, middleware = [authenticate], routes = [chat::say, chat::quiet, who])]
struct Chat;

fn answer(key: &str, body: &str) -> String {
    let body = serde_json::to_string(body).unwrap();
    let event = format!(
        r#"{{"requestContext":{{"eventType":"MESSAGE","routeKey":"{key}","connectionId":"c=","requestId":"r"}},"body":{body}}}"#
    );
    let service = Service::<Chat>::new(AppState { greeting: Greeting("hello") });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut answer = Vec::new();
    runtime.block_on(service.respond(event.as_bytes(), Invocation::default(), &mut answer)).unwrap();
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
