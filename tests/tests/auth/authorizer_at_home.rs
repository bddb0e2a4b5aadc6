//! Behind a Lambda authorizer or not, one verifier says the same of everybody: both ways as they run, in processes of
//! their own, side by side.

use crate::home::{Client, Home, is_function, meet, processes};
use crate::tokens::{SECRET, claims_with, forged, hs256, now};
use lift_ws::auth::{
    AllowedOrigins, JwtVerifier, Principal, TokenSource, authenticate, authorize, trust_authorizer,
};
use lift_ws::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
}

const PAGE: &str = "https://app.example.org";

/// Who it is for every way in which a handler can ask.
fn who(me: &Principal<'_>, identity: &Identity<'_>, stored: &Connection<'_>) -> Value {
    let until = me.expires_at().map(|end| end.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs());
    json!({
        "principal": [me.user(), me.tenant(), me.roles().collect::<Vec<_>>(), until],
        "identity": [identity.user(), identity.tenant()],
        "record": [stored.user(), stored.tenant(), stored.grant()],
    })
}

fn accept(offered: &Subprotocols<'_>) -> Accept {
    offered.first_of(["app.v1"]).map_or_else(Accept::new, |protocol| Accept::new().subprotocol(protocol))
}

#[ws_route("whoami")]
async fn whoami(me: Principal<'_>, identity: Identity<'_>, stored: Connection<'_>) -> Json<Value> {
    Json(json!({"who": who(&me, &identity, &stored), "process": std::process::id()}))
}

/// Hears of everybody who leaves.
#[ws_route("watch")]
async fn watch(conns: Connections, id: ConnectionId<'_>) -> Result<Json<&'static str>, Error> {
    conns.join(&*id, "watchers", &()).await?;
    Ok(Json("watching"))
}

#[ws_route("$disconnect")]
async fn leave(
    conns: Connections,
    me: Principal<'_>,
    identity: Identity<'_>,
    stored: Connection<'_>,
) -> Result<(), Error> {
    conns.group("watchers").send(&who(&me, &identity, &stored)).await?;
    Ok(())
}

#[ws_route("$connect", middleware = [authenticate])]
async fn connect_with_token(offered: Subprotocols<'_>) -> Accept {
    accept(&offered)
}

#[ws_route("$connect", middleware = [trust_authorizer])]
async fn connect_behind_authorizer(offered: Subprotocols<'_>) -> Accept {
    accept(&offered)
}

#[ws_app(state = AppState, routes = [connect_with_token, whoami, watch, leave, meet])]
struct InHandler;

#[ws_app(
    state = AppState,
    authorizer = authorize,
    routes = [connect_behind_authorizer, whoami, watch, leave, meet]
)]
struct Authorized;

const IN_HANDLER: &str = "in_handler";
const AUTHORIZED: &str = "authorized";
const WITHOUT_KEYS: &str = "_without_keys";

async fn load() -> Result<AppState, Error> {
    let without_keys =
        [IN_HANDLER, AUTHORIZED].iter().any(|name| is_function(&format!("{name}{WITHOUT_KEYS}")));
    let tokens = match without_keys {
        true => JwtVerifier::jwks("https://127.0.0.1:9/nobody-listens-here"),
        false => JwtVerifier::hs256(SECRET),
    };
    let tokens = tokens
        .audience("chat")
        .tenant("org")
        .roles("roles")
        .allowed_origins(AllowedOrigins::new([PAGE])?)
        .source(TokenSource::authorization())
        .source(TokenSource::subprotocol())
        .source(TokenSource::query("token"))
        .build()?;
    Ok(AppState { tokens })
}

/// No test where nobody runs it as the function.
#[test]
fn this_binary_is_the_function() {
    if is_function(IN_HANDLER) || is_function(&format!("{IN_HANDLER}{WITHOUT_KEYS}")) {
        lift_ws::main::<InHandler, _>(load).unwrap();
    } else if is_function(AUTHORIZED) || is_function(&format!("{AUTHORIZED}{WITHOUT_KEYS}")) {
        lift_ws::main::<Authorized, _>(load).unwrap();
    }
}

/// Both ways in: the token is verified in `$connect`, or by the authorizer before it.
async fn both(suffix: &str, environments: usize) -> [Home; 2] {
    let test = "authorizer_at_home::this_binary_is_the_function";
    let (in_handler, authorized) = (format!("{IN_HANDLER}{suffix}"), format!("{AUTHORIZED}{suffix}"));
    let homes = tokio::join!(
        Home::start::<InHandler>(test, &in_handler, environments),
        Home::start::<Authorized>(test, &authorized, environments)
    );
    homes.into()
}

/// Somebody, and what every way of asking is to say of them.
fn somebody(user: &str, tenant: &str, roles: &[&str], until: u64) -> (String, Value) {
    let token = hs256(&claims_with(json!({"sub": user, "org": tenant, "roles": roles, "exp": until})));
    let mut grant = json!({"r": roles, "x": until});
    if roles.is_empty() {
        grant.as_object_mut().unwrap().remove("r");
    }
    let expected = json!({
        "principal": [user, tenant, roles, until],
        "identity": [user, tenant],
        "record": [user, tenant, grant],
    });
    (token, expected)
}

fn people() -> Vec<(String, Value)> {
    let soon = now() + 600;
    vec![
        somebody("ann", "acme", &["admin"], soon),
        somebody("bob", "acme", &[], soon + 1),
        somebody("auth0|5f7c8ec7c33c6c004bbafe82", "org_2", &["writer", "editor", "admin"], soon + 100_000),
        somebody(
            "zo\u{eb} \"q\" \\ \u{2603}\n",
            "a/b#c d",
            &["chief admin", "", "[x", "b\"c", "\u{e9}"],
            soon,
        ),
        somebody("7", "true", &["null", "0"], 4_102_444_800),
    ]
}

/// What each environment says of somebody, and what their end says.
async fn as_seen(home: &Home, watcher: &mut Client, token: &str, environments: usize) -> Value {
    let mut client = home.log_in(token).await;
    client.meet().await;
    let answers = client.ask_all(json!({"action": "whoami"})).await;
    assert_eq!(processes(&answers).len(), environments, "each environment was asked");
    let seen = answers[0]["who"].clone();
    assert!(answers.iter().all(|answer| answer["who"] == seen), "{answers:?}");
    client.close().await;
    assert_eq!(watcher.hear().await.as_ref(), Some(&seen), "`$disconnect` sees the same");
    seen
}

async fn everybody_is_the_same_both_ways(environments: usize) {
    let homes = both("", environments).await;
    let (watchers_token, _) = somebody("watcher", "acme", &[], now() + 600);
    for home in &homes {
        let mut watcher = home.log_in(&watchers_token).await;
        assert_eq!(watcher.ask(json!({"action": "watch"})).await, "watching");
        for (token, expected) in people() {
            assert_eq!(as_seen(home, &mut watcher, &token, environments).await, expected);
        }
    }
    let tokens: Vec<String> = people().into_iter().map(|(token, _)| token).collect();
    for home in homes {
        home.end_without(&tokens).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorizer_and_the_handler_give_the_same_identity_in_one_environment() {
    everybody_is_the_same_both_ways(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorizer_and_the_handler_give_the_same_identity_in_four_environments() {
    everybody_is_the_same_both_ways(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorizer_and_the_handler_refuse_the_same_with_the_same_status() {
    let homes = both("", 2).await;
    let good = somebody("ann", "acme", &["admin"], now() + 600).0;
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let bad = [
        String::new(),
        "no-token".to_owned(),
        forged(r#"{"alg":"none"}"#, &claims_with(json!({"sub": "root"})).to_string(), ""),
        forged(r#"{"alg":"HS256"}"#, &claims_with(json!({"sub": "root"})).to_string(), signature),
        format!("{unsigned}.{}", signature.chars().rev().collect::<String>()),
        hs256(&claims_with(json!({"exp": now() - 31}))),
        hs256(&claims_with(json!({"exp": null}))),
        hs256(&claims_with(json!({"nbf": now() + 60}))),
        hs256(&claims_with(json!({"aud": "mail"}))),
        hs256(&claims_with(json!({"org": null}))),
        hs256(&claims_with(json!({"sub": null}))),
        hs256(&claims_with(json!({"sub": ""}))),
        hs256(&claims_with(json!({"sub": "$anonymous"}))),
        hs256(&claims_with(json!({"filler": "x".repeat(8_000)}))),
    ];
    for home in &homes {
        let status = async |query: &str, headers: &[(&'static str, &str)]| {
            home.shake_hands(query, headers).await.map(drop).expect_err("nobody comes in so")
        };
        let unauthorized = (401, "Unauthorized".to_owned());
        let forbidden = (403, "Forbidden".to_owned());
        assert_eq!(status("", &[]).await, unauthorized);
        for token in &bad {
            let (bearer, offered) = (format!("Bearer {token}"), format!("app.v1, bearer.{token}"));
            assert_eq!(status("", &[("Authorization", &bearer)]).await, unauthorized, "{token}");
            assert_eq!(status("", &[("Sec-WebSocket-Protocol", &offered)]).await, unauthorized, "{token}");
            if token.len() < 4_000 {
                assert_eq!(status(&format!("?token={token}"), &[]).await, unauthorized, "{token}");
            }
        }
        assert_eq!(status(&format!("?token={good}&token={good}"), &[]).await, unauthorized, "two tokens");
        let bearer = format!("Bearer {good}");
        let from = |origin| [("Authorization", bearer.as_str()), ("Origin", origin)];
        for origin in ["https://evil.example.org", "null", "https://app.example.org.evil.example"] {
            assert_eq!(status("", &from(origin)).await, forbidden, "{origin}");
        }
        drop(home.shake_hands("", &from(PAGE)).await.expect("the app's own page"));
    }
    for home in homes {
        home.end_without(&bad).await;
    }
}

/// An authorizer has no other status for its failures than 500 (contract §4).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_the_authorizer_fails_with_500_and_the_handler_with_503() {
    let [in_handler, authorized] = both(WITHOUT_KEYS, 1).await;
    let token = somebody("ann", "acme", &["admin"], now() + 600).0;
    assert_eq!(status(&in_handler, &token).await, 503);
    assert_eq!(status(&authorized, &token).await, 500);
}

/// The verifier allows for clocks that are 30 seconds apart, and so does what comes after the authorizer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_has_just_ended_comes_in_both_ways() {
    let [in_handler, authorized] = both("", 1).await;
    let token = somebody("ann", "acme", &["admin"], now() - 5).0;
    assert_eq!(status(&in_handler, &token).await, 101);
    assert_eq!(status(&authorized, &token).await, 101);
}

async fn status(home: &Home, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    home.shake_hands("", &[("Authorization", &bearer)]).await.map_or_else(|(status, _)| status, |_| 101)
}
