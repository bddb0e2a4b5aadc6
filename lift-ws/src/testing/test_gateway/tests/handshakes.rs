//! Who is let in, and how (contract §3.2, §4).

use super::*;
use crate::testing::HandshakeRequest;

#[tokio::test]
async fn the_app_decides_by_its_status_and_names_the_subprotocol() {
    let (gateway, _) = gateway();
    let ann = gateway.connect("/?name=ann").subprotocol("chat.v1").await.unwrap();
    assert_eq!((ann.subprotocol(), gateway.records().len()), (Some("chat.v1"), 1));
    let refusal = gateway.connect("/?name=mallory").await.unwrap_err();
    assert_eq!(refusal.status, 403);
    assert_eq!(gateway.connect("/").query("nome", "x").await.unwrap_err().status, 400);
    assert_eq!(gateway.records().len(), 1);
}

#[tokio::test]
async fn time_goes_on_as_long_as_a_handshake_waits() {
    let (gateway, _) = gateway();
    joined(&gateway, "slow").await;
    assert_eq!(gateway.elapsed(), 5 * SECOND);
}

#[tokio::test]
async fn a_request_that_is_no_handshake_with_this_stage_is_refused() {
    let (gateway, _) = gateway();
    let status = async |request| gateway.handshake(request).await.map(drop).unwrap_err().status;
    assert_eq!(status(HandshakeRequest::get("/prod?name=ann")).await, 403);
    assert_eq!(status(HandshakeRequest::get("/test/below?name=ann")).await, 403);
    let mut plain = HandshakeRequest::get("/test?name=ann");
    plain.upgrade = false;
    assert_eq!(status(plain).await, 426);
    assert_eq!(gateway.connect(&format!("/?name={}", "x".repeat(4096))).await.unwrap_err().status, 414);
}

#[ws_authorizer(crate = crate, identity_sources = ["route.request.header.X-Pass"])]
async fn authorize(headers: Headers<'_>) -> Result<Allow, Deny> {
    match headers.get("x-pass").as_deref() {
        Some("word") => Ok(Allow::new(&crate::auth::Principal::of_user("ann"))),
        _ => Err(Deny),
    }
}

#[ws_route("whoami", crate = crate)]
async fn whoami(me: Identity<'_>) -> Json<Option<String>> {
    Json(me.user().map(ToOwned::to_owned))
}

#[ws_app(crate = crate, authorizer = authorize, routes = [whoami])]
struct Guarded;

#[tokio::test]
async fn the_authorizer_is_asked_first_and_what_it_said_is_known_later() {
    let gateway = TestGateway::<Guarded>::new(());
    assert_eq!(gateway.connect("/").await.unwrap_err().status, 401);
    assert_eq!(gateway.connect("/").header("X-Pass", "?").await.unwrap_err().status, 403);
    let ann = gateway.connect("/").header("x-pass", "word").await.unwrap();
    assert_eq!(ann.ask(json!({"action": "whoami"})).await, "ann");
}

#[ws_route("$connect", crate = crate)]
async fn breaks(Query(who): Query<Who>) -> Result<(), Error> {
    match who.name.as_str() {
        "slow" => sleep(Duration::from_secs(40)).await,
        _ => return Err(Error::internal("the flag store is empty")),
    }
    Ok(())
}

#[ws_app(crate = crate, authorizer = authorize, routes = [breaks])]
struct Broken;

#[tokio::test]
async fn a_refusal_tells_the_developer_what_the_terminal_would_say() {
    let (gateway, _) = gateway();
    let refusal = gateway.connect("/?name=mallory").await.unwrap_err();
    assert_eq!(refusal.reason.as_deref(), Some("$connect: 403"));
    assert!(refusal.to_string().ends_with("}; $connect: 403"), "{refusal}");
    assert!(!refusal.body.contains("$connect"), "{refusal}");
    gateway.inject(crate::testing::Fault::Forbidden);
    let reason = gateway.connect("/?name=ann").await.unwrap_err().reason.unwrap();
    assert!(reason.starts_with("fault on demand: forbid-connects"), "{reason}");
    assert_eq!(gateway.handshake(HandshakeRequest::get("/prod")).await.unwrap_err().reason, None);
}

#[tokio::test]
async fn a_refusal_names_the_authorizers_reason_or_what_went_wrong_at_connect() {
    let gateway = TestGateway::<Broken>::new(());
    let reason = async |path: &str, pass: &str| {
        gateway.connect(path).header("X-Pass", pass).await.unwrap_err().reason.unwrap()
    };
    for (path, pass, expected) in [
        ("/", "", "authorizer: refused, 401: the identity source `route.request.header.X-Pass` is missing"),
        ("/", "?", "authorizer: refused, 403: "),
        ("/?name=ann", "word", "$connect: 500"),
        ("/?name=slow", "word", "$connect: timed out: the gateway waits 29 s for an answer"),
    ] {
        let reason = reason(path, pass).await;
        assert!(reason.starts_with(expected), "{reason}");
    }
}
