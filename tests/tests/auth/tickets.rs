//! Tickets: good once, for whom they were given to.

use crate::captured;
use crate::handlers::{log_in, ticket};
use crate::tokens::{SECRET, claims, hs256, now};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use dynoxide::Database;
use lift_ws::auth::{
    AuthErrorKind, Claims, DynamoTicketStore, JwtVerifier, MemoryTicketStore, Principal, Ticket, TicketStore,
    Tickets,
};
use lift_ws::connection::ManualClock;
use lift_ws::prelude::*;
use lift_ws::store::dynamodb::table_definition;
use lift_ws::testing::{TestApp, TestClient};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const TABLE: &str = "lift-ws-connections";

#[derive(Clone, FromRef)]
struct AppState {
    tickets: Tickets,
    tokens: JwtVerifier,
}

#[ws_route("$connect", middleware = [log_in])]
async fn connect(Provided(who): Provided<'_, Claims>) -> Accept {
    Accept::new().attributes(&json!({"email": who.get("email")}))
}

#[ws_route("whoami")]
async fn whoami(me: Principal<'_>) -> Json<Value> {
    Json(json!([me.user(), me.tenant(), me.roles().collect::<Vec<_>>()]))
}

#[ws_app(state = AppState, routes = [connect, ticket, whoami])]
struct Chat;

struct Setting {
    app: TestApp<Chat>,
    tickets: Tickets,
    clock: Arc<ManualClock>,
    store: Arc<MemoryTicketStore>,
}

impl Setting {
    fn new() -> Self {
        captured::start();
        let store = Arc::new(MemoryTicketStore::new());
        let clock = Arc::new(ManualClock::at(now() * 1_000));
        let tickets = Tickets::new(Arc::clone(&store), "a1/prod").with_clock(Arc::clone(&clock));
        let tokens =
            JwtVerifier::hs256(SECRET).audience("chat").tenant("org").roles("roles").build().unwrap();
        let app = TestApp::new(AppState { tickets: tickets.clone(), tokens });
        Self { app, tickets, clock, store }
    }

    async fn connect(&self, secret: &str) -> Result<TestClient<Chat>, u16> {
        self.app.connect().query("ticket", secret).await.map_err(|refused| refused.status)
    }
}

fn ann() -> Principal<'static> {
    Principal::of_user("ann").with_tenant("acme").with_role("admin")
}

#[tokio::test]
async fn a_ticket_lets_its_holder_in_once() {
    let it = Setting::new();
    let secret = it.tickets.issue(&Ticket::new(&ann())).await.unwrap();
    let client = it.connect(&secret).await.unwrap();
    assert_eq!(
        client.send(json!({"action": "whoami"})).await.json::<Value>(),
        json!(["ann", "acme", ["admin"]])
    );
    assert_eq!(it.connect(&secret).await.unwrap_err(), 401, "replayed");
    assert!(it.store.is_empty());
    assert!(!captured::log().contains(&secret));
    assert!(!format!("{:?}", it.app.records()).contains(&secret));
}

#[tokio::test]
async fn a_token_leads_to_a_ticket_and_that_to_the_same_identity() {
    let it = Setting::new();
    let token = hs256(&claims());
    let first = it.app.connect().header("Authorization", &format!("Bearer {token}")).await.unwrap();
    let secret: String = first.send(json!({"action": "ticket"})).await.json();
    let second = it.connect(&secret).await.unwrap();
    for client in [first, second] {
        assert_eq!(
            client.send(json!({"action": "whoami"})).await.json::<Value>(),
            json!(["ann", "acme", ["admin"]])
        );
    }
}

#[tokio::test]
async fn no_ticket_but_the_right_one_connects_and_all_read_the_same() {
    let it = Setting::new();
    let elsewhere = Tickets::new(Arc::clone(&it.store), "a1/test");
    let foreign = elsewhere.issue(&Ticket::new(&ann())).await.unwrap();
    let of_the_past = it.tickets.issue(&Ticket::new(&ann().with_expiry(now() - 1))).await.unwrap();
    let bound = Ticket::new(&ann()).origin("https://app.example.org");
    let bound = it.tickets.issue(&bound).await.unwrap();
    let placed = it.tickets.issue(&Ticket::new(&ann()).source_ip("198.51.100.7")).await.unwrap();
    let good = it.tickets.issue(&Ticket::new(&ann())).await.unwrap();
    for (what, secret) in [
        ("unknown", "x".repeat(43)),
        ("huge", "x".repeat(100_000)),
        ("of another stage", foreign),
        ("of a token that has expired", of_the_past),
        ("of another page", bound.clone()),
        ("of another page, again", bound),
        ("of another address", placed),
        ("a part", good[..42].to_owned()),
        ("its letters in another case", good.to_ascii_uppercase()),
        ("with a space", format!(" {good}")),
        ("injected", "x\n{\"message\":\"INJECTED\"}".to_owned()),
    ] {
        assert_eq!(it.connect(&secret).await.unwrap_err(), 401, "{what}");
        assert!(!captured::log().contains(&secret), "{what}");
    }
    let twice = it.app.connect().query("ticket", &good).query("ticket", &good).await;
    assert_eq!(twice.unwrap_err().status, 401);
    let with_token =
        it.app.connect().query("ticket", "wrong").header("Authorization", &hs256(&claims())).await;
    assert_eq!(with_token.unwrap_err().status, 401, "who shows a ticket is judged by it");
    assert!(it.connect(&good).await.is_ok(), "none of this has used it up");
}

#[tokio::test]
async fn a_ticket_is_over_after_half_a_minute_and_its_row_after_that() {
    let it = Setting::new();
    let early = it.tickets.issue(&Ticket::new(&ann())).await.unwrap();
    let late = it.tickets.issue(&Ticket::new(&ann())).await.unwrap();
    let forgotten = it.tickets.issue(&Ticket::new(&ann())).await.unwrap();
    it.clock.advance(Duration::from_millis(29_999));
    it.store.sweep(now() + 29);
    assert!(it.connect(&early).await.is_ok());
    it.clock.advance(Duration::from_millis(1));
    assert_eq!(it.connect(&late).await.unwrap_err(), 401);
    it.store.sweep(now() + 3_600);
    assert_eq!((it.store.len(), it.connect(&forgotten).await.unwrap_err()), (0, 401));
}

#[tokio::test]
async fn a_ticket_is_bound_to_page_and_address_if_it_says_so() {
    let it = Setting::new();
    let ticket = Ticket::new(&ann()).origin("https://app.example.org").source_ip("192.0.2.10");
    let secret = it.tickets.issue(&ticket).await.unwrap();
    let connect = it.app.connect().query("ticket", &secret).header("Origin", "https://app.example.org");
    assert!(connect.await.is_ok());
    let secret = it.tickets.issue(&ticket).await.unwrap();
    let stolen = it.app.connect().query("ticket", &secret).header("Origin", "https://evil.example").await;
    assert_eq!(stolen.unwrap_err().status, 401);
    let late = it.app.connect().query("ticket", &secret).header("Origin", "https://app.example.org").await;
    assert_eq!(late.unwrap_err().status, 401, "a stolen ticket is used up");
}

#[tokio::test]
async fn claims_travel_with_a_ticket() {
    let it = Setting::new();
    let verifier = JwtVerifier::hs256(SECRET).audience("chat").build().unwrap();
    let claims: Claims<Value> = verifier.verify(&hs256(&claims())).await.unwrap();
    let secret = it.tickets.issue(&Ticket::of(&claims).unwrap()).await.unwrap();
    it.connect(&secret).await.unwrap();
    let [record] = it.app.records().try_into().unwrap();
    assert_eq!(record.attributes::<Value>().unwrap().unwrap()["email"], "ann@example.org");
}

/// Without its store nobody comes in: an error is no permission.
#[tokio::test]
async fn a_store_that_fails_lets_nobody_in() {
    captured::start();
    let engine = Engine::start().await;
    let store = DynamoTicketStore::new(engine.client.clone(), "a-table-that-is-not-there");
    let tickets = Tickets::new(store, "a1/prod");
    let error = tickets.issue(&Ticket::new(&ann())).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (AuthErrorKind::TicketsUnavailable, 503));
    let tokens = JwtVerifier::hs256(SECRET).build().unwrap();
    let app = TestApp::<Chat>::new(AppState { tickets, tokens });
    assert_eq!(app.connect().query("ticket", &"x".repeat(43)).await.unwrap_err().status, 503);
}

struct Engine {
    database: Database,
    client: Client,
}

impl Engine {
    async fn start() -> Self {
        let database = Database::memory().unwrap();
        let create = serde_json::from_value(table_definition(TABLE)).unwrap();
        database.create_table(create).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
            .endpoint_url(url)
            .build();
        Self { database, client: Client::from_conf(config) }
    }

    fn store(&self) -> DynamoTicketStore {
        DynamoTicketStore::new(self.client.clone(), TABLE)
    }
}

/// What both stores promise.
async fn keeps_its_promises(store: Arc<dyn TicketStore>) {
    store.put("a/prod", "h1", "one", 2_000_000_000).await.unwrap();
    store.put("a/test", "h1", "other", 2_000_000_000).await.unwrap();
    assert_eq!(store.take("a/prod", "h2").await.unwrap(), None);
    assert_eq!(store.take("a/prod", "h1").await.unwrap().as_deref(), Some("one"));
    assert_eq!(store.take("a/prod", "h1").await.unwrap(), None, "it is used up");
    assert_eq!(store.take("a/test", "h1").await.unwrap().as_deref(), Some("other"));
    for n in 0..25 {
        let hash = format!("race-{n}");
        store.put("a/prod", &hash, "one", 2_000_000_000).await.unwrap();
        let takes = (0..4).map(|_| {
            let (store, hash) = (Arc::clone(&store), hash.clone());
            tokio::spawn(async move { store.take("a/prod", &hash).await.unwrap() })
        });
        let takes = futures_util::future::join_all(takes).await;
        let winners = takes.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count();
        assert_eq!(winners, 1, "of those who race for one ticket exactly one gets it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_stores_keep_their_promises() {
    captured::start();
    keeps_its_promises(Arc::new(MemoryTicketStore::new())).await;
    keeps_its_promises(Arc::new(Engine::start().await.store())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_handshakes_with_one_ticket_one_connects_and_the_table_never_holds_the_secret() {
    captured::start();
    let engine = Engine::start().await;
    let tickets = Tickets::new(engine.store(), "a1/prod");
    let tokens = JwtVerifier::hs256(SECRET).build().unwrap();
    let app = TestApp::<Chat>::new(AppState { tickets: tickets.clone(), tokens });
    for _ in 0..10 {
        let secret = tickets.issue(&Ticket::new(&ann())).await.unwrap();
        let table = engine.client.scan().table_name(TABLE).send().await.unwrap();
        let [row] = table.items() else { panic!("one row") };
        assert!(!format!("{row:?}").contains(&secret));
        let until = row["exp"].as_n().unwrap().parse::<u64>().unwrap();
        assert!((now()..=now() + 31).contains(&until), "time-to-live is on");
        let both =
            tokio::join!(app.connect().query("ticket", &secret), app.connect().query("ticket", &secret));
        let connected = [both.0.is_ok(), both.1.is_ok()];
        assert!(connected[0] != connected[1], "{connected:?}");
        assert!(!captured::log().contains(&secret));
    }
    drop(engine.database);
}
