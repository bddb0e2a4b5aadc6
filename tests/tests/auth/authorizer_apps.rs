//! Apps with an authorizer alone, with one and connections, and without.

use crate::captured;
use lift_ws::auth::{AuthError, AuthErrorKind, Principal};
use lift_ws::event::{OtherEvent, OtherSource};
use lift_ws::prelude::*;
use lift_ws::testing::{TestApp, TestEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many may be connected is known before the connection is.
#[ws_authorizer]
async fn one_each(conns: Connections, Query(who): Query<BTreeMap<String, String>>) -> Result<Allow, Error> {
    let user = who.get("user").ok_or(AuthError::from(AuthErrorKind::MissingToken))?;
    match conns.find_user(user).count().await? {
        0 => Ok(Allow::new(&Principal::of_user(user))),
        _ => Err(Error::new("connected_elsewhere", "you are connected elsewhere").with_status(403)),
    }
}

#[ws_app(authorizer = one_each, routes = [])]
struct Door;

#[tokio::test]
async fn an_app_may_be_an_authorizer_only() {
    captured::start();
    let app = TestApp::<Door>::new(());
    assert_eq!(app.connect().await.unwrap_err().status, 401);
    let ann = app.connect().query("user", "ann").await.unwrap();
    assert_eq!(app.connect().query("user", "ann").await.unwrap_err().status, 403);
    assert!(app.connect().query("user", "bob").await.is_ok());
    ann.disconnect().await;
    assert!(app.connect().query("user", "ann").await.is_ok());
}

#[ws_authorizer(identity_sources = ["route.request.header.X-A", "stageVariables.b", "context.identity.sourceIp"])]
async fn guest(stage: StageVariables<'_>) -> Allow {
    Allow::new(&Principal::of_user(stage.get("b").unwrap_or_default().into_owned()))
}

#[ws_app(authorizer = guest)]
struct Guests;

#[tokio::test]
async fn the_manifest_names_the_authorizer_and_the_route_that_it_belongs_to() {
    let manifest = lift_ws::manifest::describe::<Guests>();
    let authorizer = &manifest["authorizer"];
    let sources = ["route.request.header.X-A", "stageVariables.b", "context.identity.sourceIp"];
    assert_eq!(authorizer["identitySources"], json!(sources));
    assert!(authorizer["handler"].as_str().unwrap().ends_with("authorizer_apps::guest"));
    assert!(authorizer["location"]["file"].as_str().unwrap().ends_with("authorizer_apps.rs"));
    assert!(authorizer["location"]["line"].as_u64().unwrap() > 0);
    let implied = json!([{"routeKey": "$connect", "twoWay": false, "needs": [], "middleware": []}]);
    assert_eq!((&manifest["routes"], &manifest["tables"]), (&implied, &json!([])));
    let door = lift_ws::manifest::describe::<Door>();
    assert_eq!(door["routes"].as_array().unwrap().len(), 2, "who looks at connections keeps records");
    assert_eq!(door["tables"].as_array().unwrap().len(), 1);
    let both = lift_ws::manifest::describe::<Both>();
    assert_eq!(both["routes"].as_array().unwrap().len(), 1, "nothing is implied that is there");
    assert_eq!(lift_ws::manifest::describe::<Plain>().get("authorizer"), None);
    let app = TestApp::<Guests>::new(());
    assert_eq!(app.authorize(TestEvent::authorize().header("x-a", "1")).await.unwrap_err().status, 401);
    let event = TestEvent::authorize().header("x-a", "1").stage_variable("b", "bob");
    assert_eq!(app.authorize(event).await.unwrap(), json!({"principalId": "bob"}));
}

static HANDSHAKES: AtomicUsize = AtomicUsize::new(0);

#[ws_route("$connect")]
async fn never() {
    HANDSHAKES.fetch_add(1, Ordering::Relaxed);
}

async fn other(event: OtherEvent<'_>, _: &()) -> Result<Value, Error> {
    Ok(json!({"is_authorizer": event.source() == OtherSource::Authorizer, "bytes": event.json().len()}))
}

#[ws_app(routes = [never])]
struct Plain;

#[ws_app(routes = [never], authorizer = guest)]
struct Both;

#[ws_app(routes = [never], other = other)]
struct WithOther;

#[tokio::test]
async fn an_app_without_an_authorizer_never_takes_its_event_for_a_handshake() {
    captured::start();
    let bytes = TestEvent::authorize().to_bytes();
    let error = TestApp::<Plain>::new(()).invoke(&bytes).await.unwrap_err().to_string();
    assert!(
        error.contains("an event for a Lambda authorizer") && error.contains("authorizer = …"),
        "{error}"
    );
    let answer = TestApp::<WithOther>::new(()).invoke(&bytes).await.unwrap();
    assert_eq!(answer, json!({"is_authorizer": true, "bytes": bytes.len()}));
    assert_eq!(HANDSHAKES.load(Ordering::Relaxed), 0);
    TestApp::<Plain>::new(()).connect().await.unwrap();
    assert_eq!(HANDSHAKES.load(Ordering::Relaxed), 1);
}
