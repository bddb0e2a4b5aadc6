//! The function that the gateway runs.

use super::{ENVIRONMENTS, FUNCTION};
use crate::handlers::{log_in, renew, ticket};
use crate::tokens::SECRET;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use lift_ws::auth::{
    DynamoTicketStore, JwtVerifier, Principal, SessionRules, Tickets, TokenSource, check_session,
};
use lift_ws::prelude::*;
use lift_ws::require_role;
use serde_json::{Value, json};
use std::time::Duration;

require_role!(admins: "admin");

#[derive(Clone, FromRef)]
pub(super) struct AppState {
    tokens: JwtVerifier,
    tickets: Tickets,
    rules: SessionRules,
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

/// Ends once as many of them as there are environments run at the same time, each in a process of its own.
#[ws_route("meet")]
async fn meet(conns: Connections, id: ConnectionId<'_>) -> Result<Json<u32>, Error> {
    conns.join(&*id, format!("process-{}", std::process::id()), &()).await?;
    // Only asking tells: nothing reaches an environment that has an event. The event's deadline ends it.
    while conns.groups_of(&*id).await?.len() < ENVIRONMENTS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Json(std::process::id()))
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
pub(super) struct Guarded;

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
    if std::env::var_os(FUNCTION).is_some() {
        lift_ws::main::<Guarded, _>(load).unwrap();
    }
}
