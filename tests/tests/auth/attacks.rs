//! The table of attacks: none connects, and nothing of them is kept.

use crate::captured;
use crate::tokens::{SECRET, claims, claims_with, forged, hmac, hs256, now, part, signed};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lift_ws::auth::{AllowedOrigins, Claims, JwtVerifier, TokenSource};
use lift_ws::jwt_middleware;
use lift_ws::prelude::*;
use lift_ws::testing::{TestApp, TestEvent};
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
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
async fn a_public_key_is_no_secret_and_one_algorithm_not_another() {
    captured::start();
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let public = key.public_key_pem();
    let app =
        TestApp::<Chat>::new(AppState { tokens: ours(JwtVerifier::rs256_pem(&public)).build().unwrap() });
    let private = EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap();
    let rsa = |algorithm| signed(&Header::new(algorithm), &claims(), &private);
    let body = claims().to_string();
    let der = key.subject_public_key_info();
    let mut with_its_key = Header::new(Algorithm::HS256);
    with_its_key.kid = Some("k".to_owned());
    for (name, token) in [
        ("hsWithPem", hmac(r#"{"alg":"HS256"}"#, &body, public.as_bytes())),
        ("hsWithPemTrimmed", hmac(r#"{"alg":"HS256"}"#, &body, public.trim().as_bytes())),
        ("hsWithDer", hmac(r#"{"alg":"HS256"}"#, &body, &der)),
        ("hsSaidToBeRs", hmac(r#"{"alg":"RS256"}"#, &body, public.as_bytes())),
        ("ps256", rsa(Algorithm::PS256)),
        ("rs384", rsa(Algorithm::RS384)),
        ("noneForRsa", forged(r#"{"alg":"none"}"#, &body, "")),
        ("rs256Tampered", {
            let good = rsa(Algorithm::RS256);
            let (unsigned, signature) = good.rsplit_once('.').unwrap();
            let header = unsigned.split_once('.').unwrap().0;
            format!("{header}.{}.{signature}", part(claims_with(json!({"sub": "root"})).to_string()))
        }),
    ] {
        let outcome = shake_hands(&app, name, bearer(&token)).await;
        assert_refused(name, 401, &outcome);
        assert_kept_nothing(name, &token, &outcome);
    }
    let outcome = shake_hands(&app, "goodRs256", bearer(&rsa(Algorithm::RS256))).await;
    assert_eq!(outcome.answer["statusCode"], 200, "{}", outcome.answer);
}

#[tokio::test]
async fn a_key_that_comes_with_the_token_is_not_looked_at() {
    captured::start();
    let (ours_key, theirs) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let tokens = ours(JwtVerifier::es256_pem(ours_key.public_key_pem())).build().unwrap();
    let app = TestApp::<Chat>::new(AppState { tokens });
    let private = EncodingKey::from_ec_pem(theirs.serialize_pem().as_bytes()).unwrap();
    let point = &theirs.public_key_raw()[1..];
    let mut header = Header::new(Algorithm::ES256);
    header.jwk = Some(
        serde_json::from_value(
            json!({"kty": "EC", "crv": "P-256", "x": part(&point[..32]), "y": part(&point[32..])}),
        )
        .unwrap(),
    );
    header.jku = Some("https://evil.example/jwks".to_owned());
    header.x5u = Some("https://evil.example/chain".to_owned());
    let token = signed(&header, &claims(), &private);
    assert_refused("ownKey", 401, &shake_hands(&app, "ownKey", bearer(&token)).await);
    let private = EncodingKey::from_ec_pem(ours_key.serialize_pem().as_bytes()).unwrap();
    let good = signed(&Header::new(Algorithm::ES256), &claims(), &private);
    assert_eq!(shake_hands(&app, "goodEs256", bearer(&good)).await.answer["statusCode"], 200);
}

#[tokio::test]
async fn a_wrong_key_id_is_refused() {
    captured::start();
    let tokens = ours(JwtVerifier::hs256(SECRET)).key_id("2026-11").build().unwrap();
    let app = TestApp::<Chat>::new(AppState { tokens });
    let with_id = |id: &str| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(id.to_owned());
        signed(&header, &claims(), &EncodingKey::from_secret(SECRET.as_bytes()))
    };
    for (name, id) in [("kidOther", "2026-10"), ("kidPath", "../../dev/null"), ("kidEmpty", "")] {
        assert_refused(name, 401, &shake_hands(&app, name, bearer(&with_id(id))).await);
    }
    assert_eq!(shake_hands(&app, "kidRight", bearer(&with_id("2026-11"))).await.answer["statusCode"], 200);
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

#[tokio::test]
async fn every_algorithm_lets_its_own_key_in() {
    captured::start();
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let ed = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let rsa_key = || EncodingKey::from_rsa_pem(rsa.serialize_pem().as_bytes()).unwrap();
    let pem = rsa.public_key_pem();
    let ed_key = EncodingKey::from_ed_pem(ed.serialize_pem().as_bytes()).unwrap();
    let p384_key = EncodingKey::from_ec_pem(p384.serialize_pem().as_bytes()).unwrap();
    for (algorithm, builder, key) in [
        (Algorithm::HS256, JwtVerifier::hs256(SECRET), secret.clone()),
        (Algorithm::HS384, JwtVerifier::hs384(SECRET), secret.clone()),
        (Algorithm::HS512, JwtVerifier::hs512(SECRET), secret),
        (Algorithm::RS256, JwtVerifier::rs256_pem(&pem), rsa_key()),
        (Algorithm::RS384, JwtVerifier::rs384_pem(&pem), rsa_key()),
        (Algorithm::RS512, JwtVerifier::rs512_pem(&pem), rsa_key()),
        (Algorithm::PS256, JwtVerifier::ps256_pem(&pem), rsa_key()),
        (Algorithm::PS384, JwtVerifier::ps384_pem(&pem), rsa_key()),
        (Algorithm::PS512, JwtVerifier::ps512_pem(&pem), rsa_key()),
        (Algorithm::ES384, JwtVerifier::es384_pem(p384.public_key_pem()), p384_key),
        (Algorithm::EdDSA, JwtVerifier::eddsa_pem(ed.public_key_pem()), ed_key),
    ] {
        let verifier = ours(builder).build().unwrap();
        let token = signed(&Header::new(algorithm), &claims(), &key);
        let claims: Claims<MyClaims> = verifier.verify(&token).await.unwrap();
        assert_eq!((claims.principal().user(), claims.email.as_str()), (Some("ann"), "ann@example.org"));
        let spoilt = format!("{}AAAA", &token[..token.len() - 4]);
        assert!(verifier.verify::<MyClaims>(&spoilt).await.is_err(), "{algorithm:?}");
    }
}

#[test]
fn a_key_that_cannot_be_right_is_refused_at_start() {
    let (p256, p384) =
        (KeyPair::generate().unwrap(), KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap());
    for (builder, says) in [
        (JwtVerifier::hs256("short"), "at least 32 bytes"),
        (JwtVerifier::hs512(&SECRET[..63]), "at least 64 bytes"),
        (JwtVerifier::hs256(p256.public_key_pem()), "is a key in PEM, and no secret"),
        (JwtVerifier::es256_pem(p256.serialize_pem()), "is a private key"),
        (JwtVerifier::es256_pem(p384.public_key_pem()), "on another curve"),
        (JwtVerifier::rs256_pem(p256.public_key_pem()), "no public key for RS256"),
        (JwtVerifier::rs256_pem("ssh-rsa AAAA"), "no public key in PEM"),
        (JwtVerifier::jwk_set("{}"), "no JSON Web Key Set"),
        (JwtVerifier::jwks("http://id.example.org/jwks"), "over HTTPS"),
        (JwtVerifier::oidc("id.example.org"), "over HTTPS"),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
