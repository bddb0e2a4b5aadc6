//! From the handshake to the last message: who somebody is.

use crate::captured;
use crate::tokens::{SECRET, claims, claims_with, hs256};
use lift_ws::auth::{
    AllowedOrigins, Claims, JwtVerifier, Principal, TokenSource, authenticate, check_origin,
};
use lift_ws::prelude::*;
use lift_ws::testing::TestApp;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
    origins: AllowedOrigins,
}

#[ws_route("$connect", middleware = [check_origin, authenticate])]
async fn connect(offered: Subprotocols<'_>, Provided(who): Provided<'_, Claims>) -> Accept {
    let accept = Accept::new().attributes(&json!({"plan": who["plan"]}));
    match offered.first_of(["app.v1"]) {
        Some(protocol) => accept.subprotocol(protocol),
        None => accept,
    }
}

#[ws_route("whoami")]
async fn whoami(me: Principal<'_>, record: Connection<'_>) -> Json<Value> {
    let expires_at = me.expires_at().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let attributes: Value = record.attributes().unwrap().unwrap();
    Json(json!([me.user(), me.tenant(), me.has_role("admin"), expires_at, attributes["plan"]]))
}

#[ws_app(state = AppState, routes = [connect, whoami])]
struct Chat;

fn app() -> TestApp<Chat> {
    let tokens = JwtVerifier::hs256(SECRET).audience("chat").tenant("org").roles("roles");
    let tokens = tokens
        .source(TokenSource::authorization())
        .source(TokenSource::query("token"))
        .source(TokenSource::cookie("session"))
        .source(TokenSource::subprotocol())
        .allowed_origins(AllowedOrigins::new(["https://app.example.org"]).unwrap());
    let origins = AllowedOrigins::new(["https://app.example.org"]).unwrap();
    TestApp::new(AppState { tokens: tokens.build().unwrap(), origins })
}

#[tokio::test]
async fn whoever_comes_in_by_whatever_way_is_known_on_messages() {
    captured::start();
    let app = app();
    let claims = claims_with(json!({"plan": "gold"}));
    let token = hs256(&claims);
    let connects = [
        app.connect().header("Authorization", &format!("Bearer {token}")),
        app.connect().query("token", &token),
        app.connect()
            .header("Cookie", &format!("a=b; session={token}"))
            .header("Origin", "https://app.example.org"),
        app.connect()
            .subprotocol(&format!("app.v1, bearer.{token}"))
            .header("Origin", "https://app.example.org"),
    ];
    for (n, connect) in connects.into_iter().enumerate() {
        let client = connect.await.unwrap();
        assert_eq!(client.subprotocol(), (n == 3).then_some("app.v1"), "the token is not echoed");
        let whoami: Value = client.send(json!({"action": "whoami"})).await.json();
        assert_eq!(whoami, json!(["ann", "acme", true, claims["exp"], "gold"]));
    }
    assert!(!format!("{:?}", app.records()).contains(token.rsplit('.').next().unwrap()));
}

#[tokio::test]
async fn the_origin_is_checked_before_the_token() {
    captured::start();
    let (app, token) = (app(), hs256(&claims()));
    let foreign = app.connect().query("token", &token).header("Origin", "https://evil.example").await;
    assert_eq!(foreign.unwrap_err().status, 403);
    assert_eq!(app.connect().header("Origin", "https://app.example.org").await.unwrap_err().status, 401);
}

#[tokio::test]
async fn a_type_of_token_that_is_wanted_is_not_another() {
    let verifier = JwtVerifier::hs256(SECRET).audience("chat").token_type("at+jwt").build().unwrap();
    let of_type = |typ: Option<&str>| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.typ = typ.map(ToOwned::to_owned);
        crate::tokens::signed(&header, &claims(), &jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes()))
    };
    for (typ, good) in
        [(Some("at+jwt"), true), (Some("application/AT+JWT"), true), (Some("JWT"), false), (None, false)]
    {
        let verified: Result<Claims, _> = verifier.verify(&of_type(typ)).await;
        assert_eq!(verified.is_ok(), good, "{typ:?}");
    }
}

#[tokio::test]
async fn time_is_the_clocks() {
    let clock = std::sync::Arc::new(lift_ws::connection::ManualClock::at(crate::tokens::now() * 1_000));
    let verifier = JwtVerifier::hs256(SECRET).audience("chat").leeway(Duration::ZERO);
    let verifier = verifier.clock(std::sync::Arc::clone(&clock)).build().unwrap();
    let token = hs256(&claims());
    assert!(verifier.verify::<Value>(&token).await.is_ok());
    clock.advance(Duration::from_secs(600));
    let error = verifier.verify::<Value>(&token).await.unwrap_err();
    assert_eq!(error.reason(), "expired");
}
