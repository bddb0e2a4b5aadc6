//! What goes wrong in the authentication of Lift, the Go framework where the idea comes from; each fault is a test that
//! ours does not have it. Files and functions are those of pay-theory/lift at `ac4ce99`. The fault of its limiters, which
//! let everybody in when they cannot reach their table (`pkg/middleware/limited.go` and `ratelimit.go`), is among the
//! tests of limits.

use crate::captured;
use crate::tokens::{SECRET, claims, claims_with, hs256, now, signed};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lift_ws::auth::{JwtVerifier, JwtVerifierBuilder, KeyFetch, Principal, authenticate};
use lift_ws::connection::{Connections, ManualClock};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::BoxFuture;
use lift_ws::store::memory::MemoryStore;
use lift_ws::testing::TestEvent;
use lift_ws::{Invocation, Service};
use rcgen::KeyPair;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How often the handler of `$connect` ran.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
    runs: Runs,
}

/// A guard of the app's own that refuses by a reply, not by an error.
#[ws_middleware]
async fn no_robots(UserAgent(agent): UserAgent<'_>, next: impl Next) -> Reply {
    match agent {
        Some("robot") => Reply::error("robots_stay_out", "nothing for robots here").with_status(418),
        _ => next.run().await,
    }
}

#[ws_route("$connect", middleware = [no_robots, authenticate])]
async fn connect(State(runs): State<Runs>, Query(plan): Query<Plan>) -> Result<Accept, Reject> {
    runs.0.fetch_add(1, Ordering::Relaxed);
    match plan.plan.as_deref() {
        Some("banned") => Err(Reject::new(402)),
        _ => Ok(Accept::new().subprotocol("app.v1")),
    }
}

#[derive(Deserialize)]
struct Plan {
    plan: Option<String>,
}

#[ws_route("whoami")]
async fn whoami(me: Principal<'_>) -> Json<Value> {
    Json(json!([me.user(), me.tenant(), me.roles().collect::<Vec<_>>()]))
}

#[ws_app(state = AppState, routes = [connect, whoami])]
struct Chat;

/// Environments of one function: each has its own cache and state, all have the same table.
struct World {
    store: Arc<MemoryStore>,
}

impl World {
    fn new() -> Self {
        captured::start();
        Self { store: Arc::new(MemoryStore::new()) }
    }

    fn environment(&self, tokens: &JwtVerifier) -> Environment {
        let runs = Runs::default();
        let state = AppState { tokens: tokens.clone(), runs: runs.clone() };
        let connections = Connections::new(Arc::clone(&self.store), RecordingPoster::new());
        Environment { service: Service::new(state).with_connections(connections), runs }
    }

    fn records(&self) -> usize {
        self.store.records("test/test").len()
    }
}

struct Environment {
    service: Service<Chat>,
    runs: Runs,
}

impl Environment {
    async fn answer(&self, event: TestEvent) -> Value {
        let mut answer = Vec::new();
        self.service.respond(&event.to_bytes(), Invocation::default(), &mut answer).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    async fn status(&self, event: TestEvent) -> u64 {
        self.answer(event).await["statusCode"].as_u64().unwrap()
    }

    fn runs(&self) -> usize {
        self.runs.0.load(Ordering::Relaxed)
    }
}

fn ours(builder: JwtVerifierBuilder) -> JwtVerifier {
    builder.audience("chat").tenant("org").roles("roles").build().unwrap()
}

fn bearer(token: &str) -> TestEvent {
    TestEvent::connect().header("Authorization", &format!("Bearer {token}"))
}

/// `WebSocketHandler` (`pkg/lift/app_websocket.go`) answers 200 and `OK` unless an error comes back, and a refusal that
/// `WebSocketAuth` (`pkg/middleware/websocket_auth.go`) writes by `ctx.Status(401).JSON(…)` is none. Whoever is refused
/// is connected, and `wrapWithConnectionManagement` saves the record. What a handler answers goes the same way.
#[tokio::test]
async fn lift_answers_ok_before_it_looks_at_what_was_said() {
    let world = World::new();
    let env = world.environment(&ours(JwtVerifier::hs256(SECRET)));
    let good = hs256(&claims());
    for (event, status, runs) in [
        (TestEvent::connect(), 401, 0),
        (bearer(&hs256(&claims_with(json!({"exp": 1})))), 401, 0),
        (bearer(&good).context("identity", json!({"sourceIp": "192.0.2.10", "userAgent": "robot"})), 418, 0),
        (bearer(&good).query("plan", "banned"), 402, 1),
    ] {
        assert_eq!(env.status(event).await, status);
        assert_eq!(env.runs(), runs, "the handler runs when all before it let it, and not otherwise");
        assert_eq!(world.records(), 0, "nobody who is refused is stored");
    }
    let answer = env.answer(bearer(&good)).await;
    assert_eq!((&answer["statusCode"], env.runs()), (&json!(200), 2));
    assert_eq!(
        answer["headers"]["Sec-WebSocket-Protocol"], "app.v1",
        "the answer is the handler's: {answer}"
    );
    assert_eq!(world.records(), 1);
}

/// `WebSocketAuth` keeps who it is in the context of the `$connect` event (`ctx.SetUserID`), and asks the context of
/// each message for it: nobody has put it there, so every message is refused, or, without the check, anonymous.
#[tokio::test]
async fn lift_forgets_who_it_is_after_connect() {
    let world = World::new();
    let tokens = ours(JwtVerifier::hs256(SECRET));
    let (first, second) = (world.environment(&tokens), world.environment(&tokens));
    assert_eq!(first.status(bearer(&hs256(&claims())).connection_id("ann=")).await, 200);
    let message = || TestEvent::message("whoami", r#"{"action":"whoami"}"#).connection_id("ann=");
    for environment in [&first, &second, &first, &second] {
        let answer = environment.answer(message()).await;
        assert_eq!(answer["body"], r#"["ann","acme",["admin"]]"#, "{answer}");
    }
    let stranger = second.answer(message().connection_id("eve=")).await;
    assert!(stranger["body"].as_str().unwrap().contains("unknown_connection"), "{stranger}");
}

/// Keys that are counted.
#[derive(Debug)]
struct CountedKeys {
    set: String,
    fetched: AtomicUsize,
}

impl KeyFetch for CountedKeys {
    fn get<'a>(
        &'a self,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>> {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(self.set.clone().into_bytes()) })
    }
}

/// `WebSocketAuth` calls `NewJWTValidator` for each handshake, which reads the key's file and parses it
/// (`loadRSAPublicKey`, `pkg/middleware/auth.go`).
#[tokio::test]
async fn lift_reads_its_keys_anew_at_each_connect() {
    let world = World::new();
    let pair = KeyPair::generate().unwrap();
    let private = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    let token = signed(&Header::new(Algorithm::ES256), &claims(), &private);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pair.public_key_pem()).unwrap();
    let of_a_file = ours(JwtVerifier::es256_pem(std::fs::read(file.path()).unwrap()));
    drop(file);

    let (x, y) = pair.public_key_raw()[1..].split_at(32);
    let key = json!({"kty": "EC", "crv": "P-256", "x": crate::tokens::part(x), "y": crate::tokens::part(y)});
    let set = json!({"keys": [key]}).to_string();
    let issuer = Arc::new(CountedKeys { set, fetched: AtomicUsize::new(0) });
    let clock = ManualClock::at(now() * 1_000);
    let builder =
        JwtVerifier::jwks("https://id.example.org/keys").fetch_with(Arc::clone(&issuer)).clock(clock);
    let of_an_issuer = ours(builder);
    of_an_issuer.prefetch().await.unwrap();

    for tokens in [of_a_file, of_an_issuer] {
        let env = world.environment(&tokens);
        for n in 0..20 {
            assert_eq!(env.status(bearer(&token).connection_id(&format!("c{n}="))).await, 200);
        }
    }
    assert_eq!(issuer.fetched.load(Ordering::Relaxed), 1, "once, at start");
}

/// `validateStandardClaims` (`pkg/middleware/auth.go`) looks at `exp` if it is there: `claims.ExpiresAt != nil && …`.
#[tokio::test]
async fn lift_takes_a_token_that_never_expires() {
    let world = World::new();
    let (env, exp) = (world.environment(&ours(JwtVerifier::hs256(SECRET))), now() + 600);
    for forever in [
        claims_with(json!({"exp": null})),
        claims_with(json!({"exp": null, "EXP": exp, "expires": exp, "nbf": 1, "iat": now()})),
        claims_with(json!({"exp": "never"})),
        claims_with(json!({"exp": false})),
        claims_with(json!({"exp": [exp]})),
        claims_with(json!({"exp": {"$date": exp}})),
    ] {
        let answer = env.answer(bearer(&hs256(&forever))).await;
        assert_eq!(answer["statusCode"], 401, "{forever}");
    }
    assert_eq!((env.runs(), world.records()), (0, 0));
}

/// `WebSocketAuth` writes `"Invalid token: " + err.Error()` to the client, and `validateStandardClaims` puts the issuer
/// that it expects into that error.
#[tokio::test]
async fn lift_tells_the_client_what_is_wrong_with_its_token() {
    let world = World::new();
    let env = world.environment(&ours(JwtVerifier::hs256(SECRET).issuer("https://id.example.org")));
    let mut said = std::collections::BTreeSet::new();
    for bad in [
        json!({"iss": "x"}),
        json!({"aud": "x"}),
        json!({"exp": 1}),
        json!({"sub": ""}),
        json!({"nbf": now() + 90}),
    ] {
        said.insert(env.answer(bearer(&hs256(&claims_with(bad)))).await.to_string());
    }
    said.insert(env.answer(TestEvent::connect()).await.to_string());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said.iter().all(|said| !said.contains("example.org") && !said.contains("token")), "{said:?}");
}

/// `WebSocketAuth` looks for a token in the query first, where it ends up in the logs of whatever is on the way.
#[tokio::test]
async fn lift_takes_tokens_from_the_address_unasked() {
    let world = World::new();
    let env = world.environment(&ours(JwtVerifier::hs256(SECRET)));
    let good = hs256(&claims());
    for name in ["token", "Authorization", "authorization", "access_token"] {
        assert_eq!(env.status(TestEvent::connect().query(name, &good)).await, 401, "{name}");
    }
    assert_eq!(env.status(bearer(&good)).await, 200);
}
