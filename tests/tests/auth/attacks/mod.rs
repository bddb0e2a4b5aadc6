//! The table of attacks: none connects, and nothing of them is kept.

mod keys;

use crate::captured;
use crate::tokens::{SECRET, claims, claims_with, forged, hmac, hs256, now, part, signed};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lift_ws::auth::{AllowedOrigins, Claims, JwtVerifier, TokenSource};
use lift_ws::jwt_middleware;
use lift_ws::prelude::*;
use lift_ws::testing::{TestApp, TestEvent};
use serde_json::{Value, json};

#[derive(Deserialize)]
struct MyClaims {
    email: String,
}

jwt_middleware!(authenticate: MyClaims);

/// As careless as it may be: it echoes whatever protocol is offered first.
#[ws_route("$connect", middleware = [authenticate])]
async fn connect(offered: Subprotocols<'_>, Provided(who): Provided<'_, Claims<MyClaims>>) -> Accept {
    let accept = Accept::new().attributes(&json!({"email": who.email}));
    match offered.iter().next() {
        Some(first) => accept.subprotocol(first),
        None => accept,
    }
}

#[ws_route("whoami")]
async fn whoami(me: lift_ws::auth::Principal<'_>) -> Json<Value> {
    Json(json!([me.user(), me.tenant(), me.roles().collect::<Vec<_>>()]))
}

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
}

#[ws_app(state = AppState, routes = [connect, whoami])]
struct Chat;

fn verifier() -> lift_ws::auth::JwtVerifierBuilder {
    ours(JwtVerifier::hs256(SECRET))
}

fn ours(builder: lift_ws::auth::JwtVerifierBuilder) -> lift_ws::auth::JwtVerifierBuilder {
    builder
        .issuer("https://id.example.org")
        .audience("chat")
        .tenant("org")
        .roles("roles")
        .source(TokenSource::authorization())
        .source(TokenSource::query("token"))
        .source(TokenSource::cookie("session"))
        .source(TokenSource::subprotocol())
        .allowed_origins(AllowedOrigins::new(["https://app.example.org"]).unwrap())
}

struct Outcome {
    answer: Value,
    records: usize,
    kept: String,
}

/// One handshake, and all that is left of it.
async fn shake_hands(app: &TestApp<Chat>, name: &str, event: TestEvent) -> Outcome {
    let id = format!("{name}=");
    let answer = app.invoke(&event.connection_id(&id).to_bytes()).await.unwrap();
    let kept = format!("{answer} {:?} {}", app.records(), captured::lines_of(&id).join("\n"));
    Outcome { answer, records: app.records().len(), kept }
}

fn bearer(token: &str) -> TestEvent {
    TestEvent::connect().header("Authorization", &format!("Bearer {token}"))
}

/// Each with the token, or what of it must be found nowhere.
fn attacks_on_hs256() -> Vec<(&'static str, String)> {
    let body = claims().to_string();
    let good = hs256(&claims());
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let header = r#"{"alg":"HS256"}"#;
    let (signed_part, _) = unsigned.split_once('.').unwrap();
    let key = SECRET.as_bytes();
    let of = |changes: Value| hs256(&claims_with(changes));
    let signed_as =
        |algorithm: Algorithm| signed(&Header::new(algorithm), &claims(), &EncodingKey::from_secret(key));
    let tampered = claims_with(json!({"sub": "root"})).to_string();
    vec![
        ("algNone", forged(r#"{"alg":"none"}"#, &body, "")),
        ("algNoneWithSignature", forged(r#"{"alg":"none"}"#, &body, signature)),
        ("algNOnE", forged(r#"{"alg":"nOnE"}"#, &body, "")),
        ("algEmpty", forged(r#"{"alg":""}"#, &body, signature)),
        ("algNull", forged(r#"{"alg":null}"#, &body, signature)),
        ("algMissing", forged(r#"{"typ":"JWT"}"#, &body, signature)),
        ("algTwice", hmac(r#"{"alg":"none","alg":"HS256"}"#, &body, key)),
        ("algOfTheFamily", signed_as(Algorithm::HS384)),
        ("headerAsList", hmac(r#"["HS256",null,null]"#, &body, key)),
        ("noSignature", format!("{unsigned}.")),
        ("noDots", "secretWithoutDots".to_owned()),
        ("fourParts", format!("{good}.x")),
        ("fiveParts", format!("{good}.x.y")),
        ("padding", format!("{good}=")),
        (
            "bitsLeftOver",
            hmac(header, &body, key).replacen("eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ8", 1),
        ),
        ("standardAlphabet", format!("{signed_part}.a+b/.{signature}")),
        ("notBase64", "päylöad.päylöad.päylöad".to_owned()),
        ("otherSecret", hmac(header, &body, b"another secret of more than thirty-two bytes")),
        ("emptySecret", hmac(header, &body, b"")),
        ("tampered", forged(header, &tampered, signature)),
        ("truncatedSignature", good[..good.len() - 4].to_owned()),
        ("critical", hmac(r#"{"alg":"HS256","crit":["exp"],"exp":1}"#, &body, key)),
        ("criticalNull", hmac(r#"{"alg":"HS256","crit":null}"#, &body, key)),
        ("unencodedPayload", hmac(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, &body, key)),
        ("expired", of(json!({"exp": now() - 31}))),
        ("noExpiry", of(json!({"exp": null}))),
        ("expiryAsText", of(json!({"exp": (now() + 600).to_string()}))),
        ("expiryTwice", hmac(header, &body.replacen('{', r#"{"exp":1,"#, 1), key)),
        ("notBefore", of(json!({"nbf": now() + 60}))),
        ("wrongIssuer", of(json!({"iss": "https://id.example.org.evil.example"}))),
        ("issuerAsList", of(json!({"iss": ["https://id.example.org"]}))),
        ("noIssuer", of(json!({"iss": null}))),
        ("wrongAudience", of(json!({"aud": "mail"}))),
        ("noAudience", of(json!({"aud": null}))),
        ("noUser", of(json!({"sub": null}))),
        ("emptyUser", of(json!({"sub": ""}))),
        ("noTenant", of(json!({"org": null}))),
        ("otherClaims", of(json!({"email": 7}))),
        ("missingClaims", of(json!({"email": null}))),
        ("claimsAsList", hmac(header, "[1,2,3]", key)),
        ("huge", of(json!({"filler": "x".repeat(8_192)}))),
        ("deep", hmac(header, &format!(r#"{{"x":{}{}}}"#, "[".repeat(3_000), "]".repeat(3_000)), key)),
        ("sqlInKeyId", hmac(r#"{"alg":"HS256","kid":"x' or 1=1"}"#, &body, b"")),
    ]
}

#[tokio::test]
async fn no_attack_on_a_secret_connects_and_all_read_the_same() {
    captured::start();
    let app = TestApp::<Chat>::new(AppState { tokens: verifier().build().unwrap() });
    for (name, token) in attacks_on_hs256() {
        let outcome = shake_hands(&app, name, bearer(&token)).await;
        assert_refused(name, 401, &outcome);
        assert_kept_nothing(name, &token, &outcome);
    }
    let good = hs256(&claims());
    let outcome = shake_hands(&app, "good", bearer(&good)).await;
    assert_eq!((&outcome.answer["statusCode"], outcome.records), (&json!(200), 1), "{}", outcome.answer);
    assert_kept_nothing("good", &good, &outcome);
}

/// The same status, and the same text but for the request id.
fn assert_refused(name: &str, status: u16, outcome: &Outcome) {
    assert_eq!(outcome.answer["statusCode"], status, "{name}: {}", outcome.kept);
    let body: Value = serde_json::from_str(outcome.answer["body"].as_str().unwrap()).unwrap();
    let expected = json!({"type": "error", "code": "unauthorized", "message": "not authorized", "requestId": "TestEFgHiJkFlmN="});
    assert_eq!(body, expected, "{name}");
    assert_eq!(outcome.records, 0, "{name}");
}

/// Neither the token nor a part of it that is more than a word.
fn assert_kept_nothing(name: &str, token: &str, outcome: &Outcome) {
    let parts = token.split('.').filter(|part| part.len() > 20 && *part != part_of_usual_header());
    for part in parts.chain([token].into_iter().filter(|token| token.len() > 5)) {
        assert!(!outcome.kept.contains(part), "{name}: {part} is in {}", outcome.kept);
        assert!(!captured::log().contains(part), "{name}: {part} was logged");
    }
}

fn part_of_usual_header() -> String {
    part(r#"{"typ":"JWT","alg":"HS256"}"#)
}

#[tokio::test]
async fn the_log_has_the_reason_that_clients_do_not_get() {
    captured::start();
    let app = TestApp::<Chat>::new(AppState { tokens: verifier().build().unwrap() });
    for (name, changes, reason) in [
        ("reasonExpired", json!({"exp": 1}), "expired: "),
        ("reasonIssuer", json!({"iss": "x"}), "wrong_issuer: "),
        (
            "reasonClaims",
            json!({"email": null}),
            "wrong_claims: the claims are not those that are expected (missing field `email`)",
        ),
    ] {
        let outcome = shake_hands(&app, name, bearer(&hs256(&claims_with(changes)))).await;
        assert!(outcome.kept.contains(reason), "{}", outcome.kept);
        assert!(
            !outcome.answer.to_string().contains(reason.split(':').next().unwrap()),
            "{}",
            outcome.answer
        );
    }
}

#[tokio::test]
async fn a_page_of_another_origin_does_not_connect_with_a_cookie_or_anything_else() {
    captured::start();
    let app = TestApp::<Chat>::new(AppState { tokens: verifier().build().unwrap() });
    let good = hs256(&claims());
    let cookie = || TestEvent::connect().header("Cookie", &format!("session={good}"));
    for (name, event) in [
        ("foreign", cookie().header("Origin", "https://evil.example")),
        ("foreignNull", cookie().header("Origin", "null")),
        ("foreignPrefix", cookie().header("Origin", "https://app.example.org.evil.example")),
        ("foreignHttp", cookie().header("Origin", "http://app.example.org")),
        (
            "foreignTwice",
            cookie().header("Origin", "https://evil.example").header("Origin", "https://app.example.org"),
        ),
        ("foreignBearer", bearer(&good).header("Origin", "https://evil.example")),
        ("foreignWithoutToken", TestEvent::connect().header("Origin", "https://evil.example")),
    ] {
        let outcome = shake_hands(&app, name, event).await;
        assert_refused(name, 403, &outcome);
        assert_kept_nothing(name, &good, &outcome);
    }
    let own = cookie().header("Origin", "https://app.example.org");
    assert_eq!(shake_hands(&app, "ownPage", own).await.answer["statusCode"], 200);
}

#[tokio::test]
async fn a_verifier_with_a_cookie_wants_origins() {
    let error = JwtVerifier::hs256(SECRET).source(TokenSource::cookie("session")).build().unwrap_err();
    assert!(error.to_string().contains(".allowed_origins("), "{error}");
    assert!(JwtVerifier::hs256(SECRET).source(TokenSource::cookie("session")).any_origin().build().is_ok());
}

#[tokio::test]
async fn nothing_is_put_into_headers_or_the_log_by_a_client() {
    captured::start();
    let app = TestApp::<Chat>::new(AppState { tokens: verifier().build().unwrap() });
    let good = hs256(&claims());
    for (name, offered) in [
        ("echoToken", format!("bearer.{good}, chat.v1")),
        ("echoNewLine", format!("chat\r\nSet-Cookie: INJECTED=1, bearer.{good}")),
        ("echoSpace", format!("chat v1 INJECTED, bearer.{good}")),
    ] {
        let event = TestEvent::connect().header("Sec-WebSocket-Protocol", &offered);
        let outcome = shake_hands(&app, name, event).await;
        assert_eq!(
            (&outcome.answer["statusCode"], outcome.records),
            (&json!(500), 0),
            "{name}: the handler echoes it"
        );
        assert!(outcome.answer.get("headers").is_none(), "{}", outcome.answer);
        assert_kept_nothing(name, &good, &outcome);
    }
    let evil = "x\n{\"level\":\"INFO\",\"message\":\"INJECTED\"}\u{1b}[2J";
    let body = claims().to_string();
    for (name, token) in [
        ("injectKid", hmac(&json!({"alg": "HS256", "kid": evil, "typ": evil}).to_string(), &body, b"wrong")),
        ("injectAlg", forged(&json!({"alg": evil}).to_string(), &body, "eA")),
        ("injectClaims", hs256(&claims_with(json!({"email": [evil], evil: 1})))),
        ("injectIssuer", hs256(&claims_with(json!({"iss": evil})))),
        ("injectRaw", evil.to_owned()),
    ] {
        assert_refused(name, 401, &shake_hands(&app, name, bearer(&token)).await);
    }
    let origin = TestEvent::connect().header("Origin", evil);
    assert_refused("injectOrigin", 403, &shake_hands(&app, "injectOrigin", origin).await);
    assert!(!captured::log().contains("INJECTED"));
}

#[tokio::test]
async fn several_tokens_in_one_place_are_refused_whichever_is_good() {
    captured::start();
    let app = TestApp::<Chat>::new(AppState { tokens: verifier().build().unwrap() });
    let (good, bad) = (hs256(&claims()), hs256(&claims_with(json!({"exp": 1}))));
    for (name, event) in [
        ("twoQuery", TestEvent::connect().query("token", &good).query("token", &bad)),
        ("twoCookies", TestEvent::connect().header("Cookie", &format!("session={good}; session={bad}"))),
        (
            "twoProtocols",
            TestEvent::connect().header("Sec-WebSocket-Protocol", &format!("bearer.{good}, bearer.{bad}")),
        ),
        ("firstIsBad", bearer(&bad).query("token", &good)),
        ("none", TestEvent::connect()),
    ] {
        assert_refused(name, 401, &shake_hands(&app, name, event).await);
    }
}
