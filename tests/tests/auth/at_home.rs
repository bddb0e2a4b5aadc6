//! Logging in and out as it runs: four processes, real sockets, the local gateway, a DynamoDB whose file is searched.
//!
//! The function is this very binary, run with the name of one of its tests.

use crate::home::{Client, Home, is_function, meet, processes};
use crate::tokens::{SECRET, claims_with, forged, hs256, now};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use lift_ws::auth::{
    AuthError, Claims, DynamoTicketStore, Handshake, JwtVerifier, Principal, SessionRules, Ticket, Tickets,
    TokenSource, check_session,
};
use lift_ws::prelude::*;
use lift_ws::require_role;
use lift_ws_local::core::Fault;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const ENVIRONMENTS: usize = 4;

require_role!(admins: "admin");

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
    tickets: Tickets,
    rules: SessionRules,
}

#[ws_middleware]
async fn log_in(
    State(tickets): State<Tickets>,
    State(tokens): State<JwtVerifier>,
    handshake: Handshake<'_>,
    next: impl Provide<Claims>,
) -> Result<Reply, AuthError> {
    let claims: Claims = match tickets.is_shown(&handshake) {
        true => tickets.redeem(&handshake).await?,
        false => tokens.authenticate(&handshake).await?,
    };
    let principal = claims.principal().clone();
    Ok(principal.admit(next.provide(claims).run().await))
}

#[ws_route("$connect", middleware = [log_in])]
async fn connect(offered: Subprotocols<'_>) -> Accept {
    match offered.first_of(["app.v1"]) {
        Some(protocol) => Accept::new().subprotocol(protocol),
        None => Accept::new(),
    }
}

#[ws_route("whoami")]
async fn whoami(me: Principal<'_>, id: ConnectionId<'_>) -> Json<Value> {
    let who = json!([me.user(), me.tenant(), me.roles().collect::<Vec<_>>()]);
    Json(json!({"who": who, "id": &*id, "process": std::process::id()}))
}

#[derive(Deserialize)]
struct Renew<'m> {
    #[serde(borrow)]
    token: Text<'m>,
}

#[ws_route("renew")]
async fn renew(
    State(tokens): State<JwtVerifier>,
    conns: Connections,
    id: ConnectionId<'_>,
    Json(with): Json<Renew<'_>>,
) -> Result<Json<&'static str>, Error> {
    let claims: Claims = tokens.verify(&with.token).await?;
    claims.principal().renew(&conns, &id).await?;
    Ok(Json("renewed"))
}

#[ws_route("ticket")]
async fn ticket(State(tickets): State<Tickets>, me: Principal<'_>) -> Result<Json<String>, Error> {
    Ok(Json(tickets.issue(&Ticket::new(&me)).await?))
}

#[derive(Deserialize)]
struct LogOut {
    user: Option<String>,
    ids: Vec<String>,
}

#[ws_route("logout", middleware = [admins])]
async fn log_out(conns: Connections, Json(whom): Json<LogOut>) -> Result<Json<Value>, Error> {
    let whom = match whom.user {
        Some(user) => conns.user(user),
        None => conns.ids(whom.ids),
    };
    let report = whom.disconnect().await?;
    let departed: Vec<_> = report.departed.iter().map(|record| record.user()).collect();
    Ok(Json(json!({"closed": report.closed, "departed": departed, "failed": report.failed})))
}

/// What this environment, cache included, knows about a connection.
#[ws_route("known", middleware = [admins])]
async fn known(conns: Connections, Json(whom): Json<LogOut>) -> Result<Json<Value>, Error> {
    let record = conns.record(&whom.ids[0]).await?;
    let user = record.as_ref().and_then(|record| record.user());
    Ok(Json(json!({"user": user, "process": std::process::id()})))
}

#[ws_app(
    state = AppState,
    middleware = [check_session],
    routes = [connect, whoami, meet, renew, ticket, log_out, known]
)]
struct Guarded;

async fn load() -> Result<AppState, Error> {
    let tokens = JwtVerifier::hs256(SECRET).audience("chat").tenant("org").roles("roles");
    let tokens = tokens
        .source(TokenSource::authorization())
        .source(TokenSource::subprotocol())
        .source(TokenSource::query("token"))
        .build()?;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(std::env::var("AWS_ENDPOINT_URL_DYNAMODB")?)
        .build();
    let table = lift_ws::store::dynamodb::table_name_from_env();
    let store = DynamoTicketStore::new(aws_sdk_dynamodb::Client::from_conf(config), table);
    let rules = SessionRules::refuse().except("renew").logouts_within(Duration::ZERO);
    Ok(AppState { tokens, tickets: Tickets::new(store, "home"), rules })
}

/// No test where nobody runs it as the function.
#[test]
fn this_binary_is_the_guarded_function() {
    if is_function("guarded") {
        lift_ws::main::<Guarded, _>(load).unwrap();
    }
}

async fn start() -> Home {
    Home::start::<Guarded>("at_home::this_binary_is_the_guarded_function", "guarded", ENVIRONMENTS).await
}

/// A ticket, which only this client is to hear.
async fn ticket_of(client: &mut Client) -> String {
    client.say(json!({"action": "ticket"})).await;
    client.hear_in_secret().await.as_str().unwrap().to_owned()
}

fn token_of(user: &str, roles: &[&str]) -> String {
    hs256(&claims_with(json!({"sub": user, "roles": roles})))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_logged_out_by_force_is_closed_and_forgotten_in_every_environment_cache_included() {
    let home = start().await;
    let (ann, root) = (token_of("ann", &["writer"]), token_of("root", &["admin"]));
    let (mut phone, mut laptop) = (home.log_in(&ann).await, home.log_in(&ann).await);
    let mut root_client = home.log_in(&root).await;
    let all = phone.meet().await;
    let known = phone.ask_all(json!({"action": "whoami"})).await;
    assert!(known.iter().all(|answer| answer["who"] == json!(["ann", "acme", ["writer"]])), "{known:?}");
    assert_eq!(processes(&known), all, "each environment has her in its cache");
    let id = known[0]["id"].as_str().unwrap().to_owned();
    let refused = phone.ask(json!({"action": "logout", "user": "root", "ids": []})).await;
    assert_eq!(refused["code"], "forbidden", "only admins may");

    let report = root_client.ask(json!({"action": "logout", "user": "ann", "ids": []})).await;
    assert_eq!(report, json!({"closed": 2, "departed": ["ann", "ann"], "failed": []}));
    assert_eq!((phone.hear().await, laptop.hear().await), (None, None), "both are closed");
    let known = root_client.ask_all(json!({"action": "known", "ids": [id]})).await;
    assert_eq!(processes(&known), all);
    assert!(known.iter().all(|answer| answer["user"].is_null()), "nobody knows her: {known:?}");
    home.end_without(&[ann, root]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_could_not_be_closed_is_nobodys_and_is_named() {
    let home = start().await;
    let mut ann = home.log_in(&token_of("ann", &[])).await;
    let mut root = home.log_in(&token_of("root", &["admin"])).await;
    let all = ann.meet().await;
    let id = ann.ask(json!({"action": "whoami"})).await["id"].clone();
    (0..6).for_each(|_| home.gateway.inject(Fault::ManagementThrottled)); // as often as it is tried
    let report = root.ask(json!({"action": "logout", "user": "ann", "ids": []})).await;
    assert_eq!(report, json!({"closed": 0, "departed": ["ann"], "failed": [id]}));
    let refused = ann.ask_all(json!({"action": "whoami"})).await;
    assert!(refused.iter().all(|answer| answer["code"] == "unknown_connection"), "{refused:?}");
    let known = root.ask_all(json!({"action": "known", "ids": [id]})).await;
    assert_eq!(processes(&known), all, "all of them were asked");
    let report = root.ask(json!({"action": "logout", "ids": [id]})).await;
    assert_eq!(report, json!({"closed": 1, "departed": [], "failed": []}));
    assert_eq!(ann.hear().await, None);
    home.end_without(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_ends_goes_on_with_a_new_token_in_every_environment() {
    let home = start().await;
    // within the verifier's leeway, and so over for the rules of the session
    let old = hs256(&claims_with(json!({"exp": now() - 5, "roles": ["writer"]})));
    let new = hs256(&claims_with(json!({"roles": ["editor"]})));
    let bobs = token_of("bob", &["admin"]);
    let mut ann = home.log_in(&old).await;
    let refused = ann.ask_all(json!({"action": "whoami"})).await;
    assert!(refused.iter().all(|answer| answer["code"] == "session_expired"), "{refused:?}");
    assert_eq!(ann.ask(json!({"action": "renew", "token": bobs})).await["code"], "unauthorized");
    assert_eq!(ann.ask(json!({"action": "renew", "token": new})).await, "renewed");
    let answers = ann.ask_all(json!({"action": "whoami"})).await;
    assert!(answers.iter().all(|answer| answer["who"] == json!(["ann", "acme", ["editor"]])), "{answers:?}");
    home.end_without(&[old, new, bobs]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attack_comes_in_by_any_way_and_nothing_of_it_is_kept() {
    let home = start().await;
    let good = token_of("ann", &["writer"]);
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let attacks = [
        forged(r#"{"alg":"none"}"#, &claims_with(json!({"sub": "root"})).to_string(), ""),
        forged(r#"{"alg":"HS256"}"#, &claims_with(json!({"sub": "root"})).to_string(), signature),
        format!("{unsigned}.{}", signature.chars().rev().collect::<String>()),
        hs256(&claims_with(json!({"exp": now() - 31}))),
        hs256(&claims_with(json!({"exp": null}))),
        hs256(&claims_with(json!({"nbf": now() + 60}))),
        hs256(&claims_with(json!({"aud": "mail"}))),
        hs256(&claims_with(json!({"sub": "nobody-of-that-name", "org": null}))),
        hs256(&claims_with(json!({"filler": "x".repeat(6_000)}))).replace(signature, "") + "A",
    ];
    let mut answers = BTreeSet::new();
    for token in &attacks {
        let (bearer, offered) = (format!("Bearer {token}"), format!("app.v1, bearer.{token}"));
        // a URL is shorter than a header may be
        let urls: &[&str] = if token.len() < 4_000 { &["token", "ticket"] } else { &[] };
        let by_url = urls.iter().map(|name| (format!("?{name}={token}"), vec![]));
        let by_header = [
            (String::new(), vec![("Authorization", &*bearer)]),
            (String::new(), vec![("Sec-WebSocket-Protocol", &*offered)]),
        ];
        for (query, headers) in by_header.into_iter().chain(by_url) {
            let refused = home.shake_hands(&query, &headers).await;
            answers.insert(refused.map(drop).expect_err("it is an attack"));
        }
    }
    answers.insert(home.shake_hands("", &[]).await.map(drop).expect_err("nobody comes in without a token"));
    assert_eq!(
        answers.into_iter().collect::<Vec<_>>(),
        [(401, "Unauthorized".to_owned())],
        "one answer to all"
    );

    let mut ann = home.log_in(&good).await;
    let ticket = ticket_of(&mut ann).await;
    let query = format!("?ticket={ticket}");
    let tries = (0..8).map(|_| home.shake_hands(&query, &[]));
    let tries = futures_util::future::join_all(tries).await;
    assert_eq!(tries.iter().filter(|one| one.is_ok()).count(), 1, "of all who show a ticket one comes in");
    assert_eq!(home.shake_hands(&query, &[]).await.map(drop).unwrap_err().0, 401);
    let mut secrets = attacks.to_vec();
    secrets.extend([good, ticket]);
    home.end_without(&secrets).await;
}
