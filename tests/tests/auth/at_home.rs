//! Logging in and out as it runs: four processes, real sockets, the local gateway, a DynamoDB whose file is searched.
//!
//! The function is this very binary, run with the name of one of its tests.

use crate::tokens::{SECRET, claims_with, forged, hs256, now};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use futures_util::{SinkExt, StreamExt};
use lift_ws::auth::{
    AuthError, Claims, DynamoTicketStore, Handshake, JwtVerifier, Principal, SessionRules, Ticket, Tickets,
    TokenSource, check_session,
};
use lift_ws::prelude::*;
use lift_ws::require_role;
use lift_ws_local::core::{Fault, Manifest};
use lift_ws_local::{Function, GatewayEvent, LocalGateway};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Set where this binary is to be the function.
const FUNCTION: &str = "LIFT_WS_TEST_AUTH_FUNCTION";
/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(60);
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

/// Ends once as many of them as there are environments run at the same time, each in a process of its own.
#[ws_route("meet")]
async fn meet(conns: Connections, id: ConnectionId<'_>) -> Result<Json<u32>, Error> {
    conns.join(&*id, format!("process-{}", std::process::id()), &()).await?;
    while conns.groups_of(&*id).await?.len() < ENVIRONMENTS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Json(std::process::id()))
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
    if std::env::var_os(FUNCTION).is_some() {
        lift_ws::main::<Guarded, _>(load).unwrap();
    }
}

/// The gateway, and all that is to be searched.
struct Home {
    gateway: LocalGateway,
    data: TempDir,
    /// All that the processes wrote and the gateway told.
    told: Arc<Mutex<String>>,
    /// All that clients got: frames, and the answers of refused handshakes.
    heard: Arc<Mutex<String>>,
}

impl Home {
    async fn start() -> Self {
        let manifest = lift_ws::manifest::describe::<Guarded>();
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let function = Function::new(std::env::current_exe().unwrap())
            .args(["--exact", "at_home::this_binary_is_the_guarded_function", "--nocapture"])
            .env("RUST_LOG", "trace")
            .env(FUNCTION, "1");
        let (data, told) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(String::new())));
        let sink = Arc::clone(&told);
        let gateway = LocalGateway::builder(manifest, function)
            .environments(ENVIRONMENTS)
            .data(data.path())
            .on_event(move |event: GatewayEvent| sink.lock().unwrap().push_str(&format!("{event:?}\n")))
            .start()
            .await
            .unwrap();
        Self { gateway, data, told, heard: Arc::default() }
    }

    /// By the subprotocol, as pages do.
    async fn log_in(&self, token: &str) -> Client {
        let offered = format!("app.v1, bearer.{token}");
        let socket = self.shake_hands("", &[("Sec-WebSocket-Protocol", &offered)]).await;
        Client { socket: socket.expect("a good token"), heard: Arc::clone(&self.heard) }
    }

    /// The status and the text if it is refused; the rest of the body are ids.
    async fn shake_hands(
        &self,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, (u16, String)> {
        let mut request = format!("{}{query}", self.gateway.url()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        match tokio::time::timeout(PATIENCE, connect_async(request)).await.unwrap() {
            Ok((socket, answer)) => {
                self.heard.lock().unwrap().push_str(&format!("{answer:?}\n"));
                Ok(socket)
            }
            Err(WsError::Http(answer)) => {
                let body = answer.body().as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
                self.heard.lock().unwrap().push_str(&format!("{:?} {body:?}\n", answer.headers()));
                let body: Value = serde_json::from_str(&body.unwrap_or_default()).unwrap();
                Err((answer.status().as_u16(), body["message"].as_str().unwrap().to_owned()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Searches whatever is left of a run. Needles of a few letters may stand anywhere.
    async fn end_without(self, secrets: &[String]) {
        let Self { gateway, data, told, heard } = self;
        gateway.shutdown().await;
        let (mut kept, mut files) = (Vec::new(), 0);
        for file in std::fs::read_dir(data.path()).unwrap() {
            kept.extend(std::fs::read(file.unwrap().path()).unwrap());
            files += 1;
        }
        let (kept, told, heard) =
            (String::from_utf8_lossy(&kept).into_owned(), told.lock().unwrap(), heard.lock().unwrap());
        assert!(files > 0 && kept.contains("PK"), "the table is there to be searched");
        assert!(told.contains("Finished") && !heard.is_empty(), "and so are the log and the frames");
        for secret in secrets.iter().flat_map(|secret| secret.split('.')).filter(|part| part.len() > 24) {
            assert!(!kept.contains(secret), "{secret} is in the table");
            let line = told.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} was logged");
            assert!(!heard.contains(secret), "{secret} was sent");
        }
    }
}

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Arc<Mutex<String>>,
}

impl Client {
    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next frame; `None` if the connection was closed.
    async fn hear(&mut self) -> Option<Value> {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something is heard") {
            Some(Ok(Message::Text(text))) => {
                self.heard.lock().unwrap().push_str(&text);
                Some(serde_json::from_str(&text).unwrap())
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            other => panic!("neither text nor close: {other:?}"),
        }
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await.expect("the connection is open")
    }

    /// The answers of all environments: the one that has been idle longest has the next turn.
    async fn ask_all(&mut self, message: Value) -> Vec<Value> {
        let mut answers = Vec::new();
        for _ in 0..2 * ENVIRONMENTS {
            answers.push(self.ask(message.clone()).await);
        }
        answers
    }

    /// In all environments at once: each of them has this connection's record in its cache from then on.
    async fn meet(&mut self) -> BTreeSet<u64> {
        for _ in 0..ENVIRONMENTS {
            self.say(json!({"action": "meet"})).await;
        }
        let mut processes = BTreeSet::new();
        for _ in 0..ENVIRONMENTS {
            processes.extend(self.hear().await.unwrap().as_u64());
        }
        assert_eq!(processes.len(), ENVIRONMENTS);
        processes
    }
}

fn processes(answers: &[Value]) -> BTreeSet<u64> {
    answers.iter().filter_map(|answer| answer["process"].as_u64()).collect()
}

fn token_of(user: &str, roles: &[&str]) -> String {
    hs256(&claims_with(json!({"sub": user, "roles": roles})))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_logged_out_by_force_is_closed_and_forgotten_in_every_environment_cache_included() {
    let home = Home::start().await;
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
    let home = Home::start().await;
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
    let home = Home::start().await;
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
    let home = Home::start().await;
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
    let ticket = ann.socket_ticket().await;
    let query = format!("?ticket={ticket}");
    let tries = (0..8).map(|_| home.shake_hands(&query, &[]));
    let tries = futures_util::future::join_all(tries).await;
    assert_eq!(tries.iter().filter(|one| one.is_ok()).count(), 1, "of all who show a ticket one comes in");
    assert_eq!(home.shake_hands(&query, &[]).await.map(drop).unwrap_err().0, 401);
    let mut secrets = attacks.to_vec();
    secrets.extend([good, ticket]);
    home.end_without(&secrets).await;
}

impl Client {
    /// A ticket, which only this client is to hear.
    async fn socket_ticket(&mut self) -> String {
        self.say(json!({"action": "ticket"})).await;
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no ticket: {other:?}"),
        }
    }
}
