//! The Lambda authorizer, at the service: bytes in, bytes out, and what the gateway makes of them (contract §4).

use crate::captured;
use crate::tokens::{SECRET, claims, claims_with, hs256};
use lift_ws::auth::{
    AllowedOrigins, AuthError, AuthErrorKind, JwtVerifier, Principal, TokenSource, authenticate, authorize,
    trust_authorizer,
};
use lift_ws::authorizer::{Allow, MAX_RESULT_BYTES, PolicyErrorKind};
use lift_ws::prelude::*;
use lift_ws::testing::{TestApp, TestEvent};
use lift_ws::{Invocation, Service};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:test/test/$connect";

/// What an authorizer returns, chosen by the query string.
#[derive(Deserialize)]
struct Wanted<'q> {
    #[serde(borrow)]
    outcome: Text<'q>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Extra {
    plan: String,
    seats: u32,
    is_new: bool,
    ratio: f64,
    referrer: Option<String>,
}

fn extra() -> Extra {
    Extra { plan: "gold \"é\"".into(), seats: 7, is_new: true, ratio: 0.5, referrer: None }
}

fn ann() -> Principal<'static> {
    Principal::of_user("ann")
        .with_tenant("acme")
        .with_role("admin")
        .with_role("staff")
        .with_expiry(4_102_444_800)
}

#[ws_authorizer(identity_sources = ["route.request.querystring.outcome"])]
async fn decide(Query(wanted): Query<Wanted<'_>>) -> Result<Allow<Extra>, Error> {
    match &*wanted.outcome {
        "allow" => Ok(Allow::new(&ann()).context(extra())),
        "nobody" => Ok(Allow::new(&Principal::default()).context(extra())),
        "deny" => Err(AuthError::from(AuthErrorKind::MissingRole).into()),
        "foreign" => Err(AuthError::from(AuthErrorKind::ForeignOrigin).into()),
        "too_many" => Err(Error::new("too_many", "try later").with_status(429)),
        "unauthorized" => Err(AuthError::from(AuthErrorKind::Expired).into()),
        "unavailable" => Err(AuthError::from(AuthErrorKind::KeysUnavailable).into()),
        "failed" => Err(std::io::Error::other("Unauthorized"))?,
        "fine" => Err(Error::new("fine", "all is well").with_status(200)),
        "large" => Ok(Allow::new(&ann()).context(Extra { plan: "x".repeat(MAX_RESULT_BYTES), ..extra() })),
        _ => panic!("a secret of the server"),
    }
}

#[ws_route("$connect", middleware = [trust_authorizer])]
async fn connect(Authorizer(said): Authorizer<Extra>) -> Accept {
    Accept::new().attributes(&said)
}

#[ws_route("said")]
async fn said(
    Authorizer(said): Authorizer<Extra>,
    who: Identity<'_>,
    me: Principal<'_>,
    record: Connection<'_>,
) -> Result<Json<Value>, Error> {
    assert_eq!(record.attributes::<Extra>()?.as_ref(), Some(&said), "the same at `$connect`");
    let roles: Vec<_> = me.roles().collect();
    Ok(Json(json!([
        said,
        who.user(),
        who.tenant(),
        me.user(),
        me.tenant(),
        roles,
        me.expires_at().is_some()
    ])))
}

#[ws_route("$disconnect")]
async fn bye(conns: Connections, Authorizer(said): Authorizer<Extra>) -> Result<(), Error> {
    conns.all().send(&json!({"left": said.plan})).await?;
    Ok(())
}

#[ws_app(authorizer = decide, routes = [connect, said, bye])]
struct Chat;

fn asked(outcome: &str) -> TestEvent {
    TestEvent::authorize().query("outcome", outcome)
}

/// What Lambda would return, or its error's text.
async fn answer(outcome: &str) -> Result<Value, String> {
    TestApp::<Chat>::new(()).invoke(&asked(outcome).to_bytes()).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn who_may_come_in_gets_a_policy_for_the_one_route_that_was_asked_about() {
    captured::start();
    let mut policy = answer("allow").await.unwrap();
    let context = json!({"tenant": "acme", "roles": "admin staff", "exp": 4_102_444_800_u64,
        "plan": "gold \"é\"", "seats": 7, "is_new": true, "ratio": 0.5});
    assert_eq!(policy["context"].take(), context, "flat, and without what is `None`");
    let statement = json!({"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    assert_eq!(policy, json!({"principalId": "ann", "policyDocument": document, "context": null}));
}

/// Each row of the table of contract §4, as far as the function decides it.
#[tokio::test]
async fn each_outcome_is_the_status_that_the_contract_names() {
    captured::start();
    let app = TestApp::<Chat>::new(());
    for (outcome, status) in [
        ("deny", 403),
        ("foreign", 403),
        ("too_many", 403),
        ("unauthorized", 401),
        ("unavailable", 500),
        ("failed", 500),
        ("fine", 500),
        ("large", 500),
        ("panic", 500),
        ("", 401),
    ] {
        let refused = app.connect().query("outcome", outcome).await.unwrap_err();
        assert_eq!(refused.status, status, "{outcome}");
        assert_eq!(app.authorize(asked(outcome)).await.unwrap_err().status, status, "{outcome}");
        assert!(app.records().is_empty(), "{outcome}: `$connect` never ran");
    }
    assert_eq!(app.connect().await.unwrap_err().status, 401, "without a call");
    assert!(app.connect().query("outcome", "allow").await.is_ok());
}

#[tokio::test]
async fn only_who_are_you_is_the_error_that_the_gateway_makes_a_401_of() {
    captured::start();
    assert_eq!(answer("unauthorized").await.unwrap_err(), "Unauthorized");
    for outcome in ["unavailable", "failed", "fine", "large", "panic"] {
        let text = answer(outcome).await.unwrap_err();
        assert!(text.starts_with("the authorizer failed: the log of request `TestEFgHiJkFlmN=`"), "{text}");
    }
    for outcome in ["deny", "foreign", "too_many"] {
        let policy = answer(outcome).await.unwrap();
        assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Deny", "{outcome}");
        assert_eq!(policy["policyDocument"]["Statement"][0]["Resource"], ARN);
        assert_eq!(policy["principalId"], "$anonymous");
        assert_eq!(policy.get("context"), None);
    }
}

#[tokio::test]
async fn the_log_has_the_reason_and_the_failure() {
    captured::start();
    let app = TestApp::<Chat>::new(());
    for (outcome, id, level, reason) in [
        ("unauthorized", "AuthorizerLog1=", "INFO", "expired: the token has expired"),
        ("deny", "AuthorizerLog2=", "INFO", "missing_role"),
        ("unavailable", "AuthorizerLog3=", "ERROR", "keys_unavailable"),
        ("panic", "AuthorizerLog4=", "ERROR", "the authorizer panicked: a secret of the server"),
        ("large", "AuthorizerLog5=", "ERROR", "bytes, and the gateway takes at most 8192"),
    ] {
        let event = asked(outcome).connection_id(id);
        assert!(app.authorize(event).await.is_err());
        let lines = captured::lines_of(id);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["level"], level, "{line}");
        assert!(line["fields"]["cause"].as_str().is_some_and(|cause| cause.contains(reason)), "{line}");
    }
}

#[tokio::test]
async fn what_the_authorizer_said_is_read_back_on_every_event() {
    captured::start();
    let app = TestApp::<Chat>::new(());
    let client = app.connect().query("outcome", "allow").await.unwrap();
    let other = app.connect().query("outcome", "nobody").await.unwrap();
    let known: Value = client.send(json!({"action": "said"})).await.json();
    assert_eq!(known, json!([extra(), "ann", "acme", "ann", "acme", ["admin", "staff"], true]));
    client.disconnect().await;
    assert_eq!(other.received(), [json!({"left": "gold \"é\""})], "at `$disconnect`, too");
}

#[tokio::test]
async fn whoever_has_no_name_comes_in_as_nobody() {
    captured::start();
    assert_eq!(answer("nobody").await.unwrap()["principalId"], "$anonymous");
    let app = TestApp::<Chat>::new(());
    let client = app.connect().query("outcome", "nobody").await.unwrap();
    let known: Value = client.send(json!({"action": "said"})).await.json();
    assert_eq!(known, json!([extra(), null, null, null, null, [], false]));
    assert_eq!(app.records()[0].user(), None);
}

/// Whether numbers arrive as such or as text is uncertain (contract §4).
#[tokio::test]
async fn a_gateway_that_makes_texts_of_numbers_changes_nothing() {
    captured::start();
    let app = TestApp::<Chat>::new(());
    let context = app.authorize(asked("allow")).await.unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let texts: BTreeMap<_, _> =
        context.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let client = app.connect().authorizer(json!(texts)).await.unwrap();
    let known: Value = client.send(json!({"action": "said"})).await.json();
    assert_eq!(known, json!([extra(), "ann", "acme", "ann", "acme", ["admin", "staff"], true]));
}

mod both_ways {
    use super::*;

    #[derive(Clone, FromRef)]
    pub(super) struct AppState {
        pub(super) tokens: JwtVerifier,
    }

    #[ws_route("$connect", middleware = [authenticate])]
    async fn verified() {}

    #[ws_route("$connect", middleware = [trust_authorizer])]
    async fn trusted() {}

    #[ws_route("whoami")]
    async fn whoami(me: Principal<'_>, who: Identity<'_>) -> Json<String> {
        Json(format!("{me:?} {who:?}"))
    }

    #[ws_app(state = AppState, routes = [verified, whoami])]
    pub(super) struct InHandler;

    #[ws_app(state = AppState, authorizer = authorize, routes = [trusted, whoami])]
    pub(super) struct BehindAuthorizer;

    pub(super) fn state() -> AppState {
        let tokens = JwtVerifier::hs256(SECRET).audience("chat").tenant("org").roles("roles");
        let tokens = tokens
            .source(TokenSource::query("token"))
            .source(TokenSource::subprotocol())
            .allowed_origins(AllowedOrigins::new(["https://app.example.org"]).unwrap());
        AppState { tokens: tokens.build().unwrap() }
    }
}

#[tokio::test]
async fn the_same_verifier_finds_the_same_identity_both_ways() {
    captured::start();
    let inside = TestApp::<both_ways::InHandler>::new(both_ways::state());
    let before = TestApp::<both_ways::BehindAuthorizer>::new(both_ways::state());
    for roles in
        [json!(["admin"]), json!([]), json!(["support agent", "staff"]), json!(["[x]"]), json!(["a\"b"])]
    {
        let token = hs256(&claims_with(json!({"roles": roles, "sub": "ann \u{1F600}"})));
        let whoami = json!({"action": "whoami"});
        let one = inside.connect().query("token", &token).await.unwrap();
        let other = before.connect().subprotocol(&format!("bearer.{token}")).await.unwrap();
        let one: String = one.send(&whoami).await.json();
        assert_eq!(one, other.send(&whoami).await.json::<String>());
        assert!(one.contains("ann \u{1F600}") && one.contains("acme"), "{one}");
    }
    let (token, bad) = (hs256(&claims()), hs256(&claims_with(json!({"aud": "mail"}))));
    for (token, origin, status) in
        [(Some(&bad), None, 401), (None, None, 401), (Some(&token), Some("https://evil.example"), 403)]
    {
        let shake = |mut connect: TestEvent| {
            if let Some(token) = token {
                connect = connect.query("token", token);
            }
            origin.map_or(connect.clone(), |origin| connect.header("Origin", origin))
        };
        let answer = inside.invoke(&shake(TestEvent::connect()).to_bytes()).await.unwrap();
        assert_eq!(answer["statusCode"], status);
        assert_eq!(before.authorize(shake(TestEvent::authorize())).await.unwrap_err().status, status);
    }
    let log = captured::log();
    for secret in [&token, &bad].into_iter().flat_map(|token| token.split('.').skip(1)) {
        assert!(!log.contains(secret), "{secret} was logged");
    }
}

#[test]
fn what_cannot_be_a_context_is_an_error_that_says_what_to_do() {
    let nested: BTreeMap<_, _> = [("rooms", vec![1])].into();
    let kind = |policy: Result<Value, lift_ws::authorizer::PolicyError>| {
        let error = policy.unwrap_err();
        (error.kind(), error.to_string())
    };
    let allow = || Allow::new(&ann());
    let taken = |name| kind(allow().context(BTreeMap::from([(name, "x")])).to_policy(ARN));
    for (found, wanted, text) in [
        (kind(allow().context(nested).to_policy(ARN)), PolicyErrorKind::Nested, "`rooms` is a list"),
        (kind(allow().context(7).to_policy(ARN)), PolicyErrorKind::NotAnObject, "a number"),
        (
            kind(allow().context(BTreeMap::from([(vec![1], 1)])).to_policy(ARN)),
            PolicyErrorKind::Unserializable,
            "key",
        ),
        (taken("principalId"), PolicyErrorKind::Reserved, "`principalId`"),
        (taken("roles"), PolicyErrorKind::Reserved, "come from the `Principal`"),
        (taken("integrationLatency"), PolicyErrorKind::Reserved, "the gateway's"),
        (
            kind(Allow::new(&Principal::of_user("$anonymous")).to_policy(ARN)),
            PolicyErrorKind::Reserved,
            "`$anonymous`",
        ),
        (kind(allow().to_policy("")), PolicyErrorKind::Resource, "`methodArn`"),
        (kind(allow().to_policy("arn:aws:execute-api:r:1:a/s/GET/*")), PolicyErrorKind::Resource, "others"),
        (
            kind(allow().to_policy("arn:aws:execute-api:r:1:a/s/${aws:username}")),
            PolicyErrorKind::Resource,
            "",
        ),
    ] {
        assert_eq!(found.0, wanted, "{}", found.1);
        assert!(found.1.contains(text), "{}", found.1);
    }
    assert!(
        allow().context(()).to_policy(ARN).is_ok() && allow().context(None::<Extra>).to_policy(ARN).is_ok()
    );
}

#[test]
fn a_result_may_have_8_kb_and_not_a_byte_more() {
    let sized = |bytes: usize| Allow::new(&ann()).context(BTreeMap::from([("x", "y".repeat(bytes))]));
    let rest = sized(0).to_policy(ARN).unwrap().to_string().len();
    let most = sized(MAX_RESULT_BYTES - rest).to_policy(ARN).unwrap();
    assert_eq!(most.to_string().len(), MAX_RESULT_BYTES);
    let error = sized(MAX_RESULT_BYTES - rest + 1).to_policy(ARN).unwrap_err();
    assert_eq!(error.kind(), PolicyErrorKind::TooLarge);
    assert!(error.to_string().contains("has 8193 bytes, and the gateway takes at most 8192"), "{error}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z]{1,8}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    /// Whatever is in the event's fields: no panic, and a policy is for nothing but the event's own ARN.
    #[test]
    fn a_malformed_event_of_an_authorizer_is_never_more_than_an_error(
        field in prop_oneof![
            Just("methodArn"), Just("type"), Just("headers"), Just("multiValueHeaders"), Just("requestContext"),
            Just("queryStringParameters"), Just("multiValueQueryStringParameters"), Just("stageVariables"),
        ],
        value in any_json(),
        cut in 0_usize..400,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let service = Service::<Chat>::new(());
        let bytes = asked("allow").field(field, value.clone()).to_bytes();
        let mut answer = Vec::new();
        let answered = runtime.block_on(service.respond(&bytes, Invocation::default(), &mut answer));
        let policy: Value = if answered.is_ok() { serde_json::from_slice(&answer).unwrap() } else { json!({}) };
        if policy["principalId"] == "ann" {
            let arn = if field == "methodArn" { value.as_str().unwrap() } else { ARN };
            prop_assert_eq!(&policy["policyDocument"]["Statement"][0]["Resource"], arn);
        }
        let part = &bytes[..bytes.len().saturating_sub(cut + 1)];
        prop_assert!(runtime.block_on(service.respond(part, Invocation::default(), &mut answer)).is_err());
    }
}
