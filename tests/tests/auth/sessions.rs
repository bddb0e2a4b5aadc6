//! What somebody may do while the connection is open, and for how long.

use crate::captured;
use crate::handlers::renew;
use crate::tokens::{SECRET, claims, claims_with, hs256, now};
use lift_ws::auth::{
    JwtVerifier, Principal, SessionRules, authenticate, check_session, require_user, trust_authorizer,
};
use lift_ws::prelude::*;
use lift_ws::require_role;
use lift_ws::testing::{TestApp, TestClient};
use serde_json::{Value, json};

require_role!(admins: "admin");
require_role!(staff: "admin" | "moderator");

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
    rules: SessionRules,
}

/// What a test wants to be let in as, without a token.
#[derive(Deserialize)]
struct As {
    user: Option<String>,
    role: Option<String>,
    exp: Option<u64>,
}

#[ws_middleware]
async fn as_asked(Query(asked): Query<As>, next: impl Next) -> Reply {
    let mut principal = asked.user.map(Principal::of_user).unwrap_or_default();
    principal = asked.role.into_iter().fold(principal, Principal::with_role);
    principal = asked.exp.into_iter().fold(principal, Principal::with_expiry);
    principal.admit(next.run().await)
}

#[ws_route("$connect", middleware = [as_asked])]
async fn connect() -> Accept {
    Accept::new().group("all")
}

#[ws_route("say")]
async fn say() -> Json<&'static str> {
    Json("said")
}

#[ws_route("post", middleware = [require_user])]
async fn post() -> Json<&'static str> {
    Json("posted")
}

#[ws_route("ban", middleware = [staff])]
async fn ban() -> Json<&'static str> {
    Json("banned")
}

#[ws_route("stop", middleware = [admins])]
async fn stop() -> Json<&'static str> {
    Json("stopped")
}

#[ws_route("$disconnect")]
async fn bye(conns: Connections, me: Connection<'_>) -> Result<(), Error> {
    conns.group("all").send(&json!({"left": me.user()})).await?;
    Ok(())
}

#[ws_app(state = AppState, middleware = [check_session], routes = [connect, say, post, ban, stop, renew, bye])]
struct Chat;

fn app(rules: SessionRules) -> TestApp<Chat> {
    captured::start();
    let tokens = JwtVerifier::hs256(SECRET).audience("chat").tenant("org").roles("roles").build().unwrap();
    TestApp::new(AppState { tokens, rules })
}

async fn ask(client: &TestClient<Chat>, action: &str) -> Value {
    let answer: Value = client.send(json!({"action": action})).await.json();
    answer.get("code").cloned().unwrap_or(answer)
}

#[tokio::test]
async fn a_route_for_a_role_serves_who_has_it_and_nobody_else() {
    let app = app(SessionRules::refuse());
    let ann = app.connect().query("user", "ann").query("role", "admin").await.unwrap();
    let bob = app.connect().query("user", "bob").query("role", "moderator").await.unwrap();
    let nobody = app.connect().await.unwrap();
    for (client, expected) in [
        (&ann, ["said", "posted", "banned", "stopped"]),
        (&bob, ["said", "posted", "banned", "forbidden"]),
        (&nobody, ["said", "forbidden", "forbidden", "forbidden"]),
    ] {
        for (action, expected) in ["say", "post", "ban", "stop"].iter().zip(expected) {
            assert_eq!(ask(client, action).await, expected, "{action}");
        }
    }
}

#[tokio::test]
async fn a_role_lasts_no_longer_than_the_login_that_gave_it() {
    let app = app(SessionRules::refuse().except("stop").except("post"));
    let late = (now() - 1).to_string();
    let ann = app.connect().query("user", "ann").query("role", "admin").query("exp", &late).await.unwrap();
    for action in ["stop", "post"] {
        assert_eq!(
            ask(&ann, action).await,
            "session_expired",
            "{action}: the rules let it through, the role does not"
        );
    }
}

#[tokio::test]
async fn messages_of_an_expired_login_are_refused_until_it_is_renewed() {
    let app = app(SessionRules::refuse().except("renew"));
    let late = (now() - 1).to_string();
    let ann = app.connect().query("user", "ann").query("exp", &late).await.unwrap();
    assert_eq!(ask(&ann, "say").await, "session_expired");
    assert!(ann.is_open());
    let good = claims();
    for (token, answer) in [
        (hs256(&claims_with(json!({"exp": now() - 60}))), "unauthorized"),
        (hs256(&claims_with(json!({"sub": "bob"}))), "unauthorized"),
        (hs256(&claims_with(json!({"aud": "mail"}))), "unauthorized"),
        (hs256(&good), "renewed"),
    ] {
        let renewed: Value = ann.send(json!({"action": "renew", "token": token})).await.json();
        assert_eq!(renewed.get("code").unwrap_or(&renewed), answer);
        let signature = token.rsplit('.').next().unwrap();
        assert!(!captured::log().contains(signature) && !format!("{:?}", app.records()).contains(signature));
    }
    assert_eq!(ask(&ann, "say").await, "said");
    assert_eq!(ask(&ann, "stop").await, "stopped", "the new token's roles count");
    let record = &app.records()[0];
    assert_eq!((record.user(), record.tenant(), record.is_in("all")), (Some("ann"), Some("acme"), true));
    assert_eq!(record.grant().until, good["exp"].as_u64());
}

#[tokio::test]
async fn an_anonymous_connection_logs_in_by_a_message_and_then_belongs_to_that_user() {
    let app = app(SessionRules::refuse());
    let client = app.connect().await.unwrap();
    let renew = |claims: Value| json!({"action": "renew", "token": hs256(&claims)});
    let first: Value = client.send(renew(claims())).await.json();
    let second: Value = client.send(renew(claims_with(json!({"sub": "bob"})))).await.json();
    let other_tenant: Value = client.send(renew(claims_with(json!({"org": "globex"})))).await.json();
    assert_eq!(
        (first, &second["code"], &other_tenant["code"]),
        (json!("renewed"), &json!("unauthorized"), &json!("unauthorized"))
    );
    assert_eq!(app.connections().find_user("ann").count().await.unwrap(), 1);
    assert_eq!(app.records()[0].user(), Some("ann"));
}

#[tokio::test]
async fn an_expired_login_is_told_so_and_closed_where_the_rules_say_it() {
    let app = app(SessionRules::close());
    let late = (now() - 1).to_string();
    let ann = app.connect().query("user", "ann").query("exp", &late).await.unwrap();
    let bob = app.connect().query("user", "bob").query("exp", &(now() + 60).to_string()).await.unwrap();
    assert!(ann.send(json!({"action": "say"})).await.text().is_none());
    assert_eq!(
        ann.received(),
        [json!({"type": "error", "code": "session_expired", "message": "log in again"})]
    );
    assert!(!ann.is_open());
    assert_eq!(bob.received(), [json!({"left": "ann"})], "`$disconnect` ran, with the record");
    assert_eq!(ask(&bob, "say").await, "said");
}

#[tokio::test]
async fn a_login_ends_later_by_the_grace_that_the_rules_give() {
    let app = app(SessionRules::refuse().with_grace(std::time::Duration::from_secs(60)));
    for (age, answer) in [(30, "said"), (90, "session_expired")] {
        let late = (now() - age).to_string();
        let ann = app.connect().query("user", "ann").query("exp", &late).await.unwrap();
        assert_eq!(ask(&ann, "say").await, answer, "{age}");
    }
}

#[tokio::test]
async fn a_forced_logout_closes_removes_and_refuses_what_comes_late() {
    let app = app(SessionRules::refuse());
    let ann = app.connect().query("user", "ann").await.unwrap();
    let bob = app.connect().query("user", "bob").await.unwrap();
    let report = app.connections().user("ann").disconnect().await.unwrap();
    assert_eq!((report.closed, report.departed[0].user()), (1, Some("ann")));
    assert!(!ann.is_open() && bob.is_open());
    // what was on its way
    assert_eq!(ask(&ann, "say").await, "unknown_connection");
    assert_eq!(ask(&bob, "say").await, "said");
    assert_eq!(app.records().len(), 1);
}

mod behind_an_authorizer {
    use super::*;

    #[ws_route("$connect", middleware = [trust_authorizer])]
    async fn connect() {}

    #[ws_route("$connect", middleware = [authenticate])]
    async fn connect_with_token() {}

    #[ws_route("whoami")]
    async fn whoami(me: Principal<'_>) -> Json<Value> {
        Json(json!([me.user(), me.tenant(), me.roles().collect::<Vec<_>>()]))
    }

    #[ws_route("stop", middleware = [admins])]
    async fn stop() -> Json<&'static str> {
        Json("stopped")
    }

    #[ws_app(routes = [connect, whoami, stop])]
    struct Authorized;

    #[derive(Clone, FromRef)]
    struct Verifying {
        tokens: JwtVerifier,
    }

    #[ws_app(state = Verifying, routes = [connect_with_token, whoami, stop])]
    struct Verified;

    #[tokio::test]
    async fn it_gives_the_same_principal_as_a_token_that_the_handler_verifies() {
        captured::start();
        let context = json!({"principalId": "ann", "tenant": "acme", "roles": "admin", "exp": now() + 600});
        let app = TestApp::<Authorized>::new(());
        let by_authorizer = app.connect().authorizer(context).await.unwrap();
        let tokens =
            JwtVerifier::hs256(SECRET).audience("chat").tenant("org").roles("roles").build().unwrap();
        let verified = TestApp::<Verified>::new(Verifying { tokens });
        let token = format!("Bearer {}", hs256(&claims()));
        let by_token = verified.connect().header("Authorization", &token).await.unwrap();
        let whoami = json!({"action": "whoami"});
        let (one, other): (Value, Value) =
            (by_authorizer.send(&whoami).await.json(), by_token.send(&whoami).await.json());
        assert_eq!(one, json!(["ann", "acme", ["admin"]]));
        assert_eq!(one, other);
        assert_eq!(by_authorizer.send(json!({"action": "stop"})).await.json::<Value>(), "stopped");
    }

    #[tokio::test]
    async fn nobody_comes_in_past_it_or_after_its_time() {
        captured::start();
        let app = TestApp::<Authorized>::new(());
        assert_eq!(app.connect().await.unwrap_err().status, 401);
        for context in [
            json!({"principalId": "", "roles": "admin"}),
            json!({"roles": "admin"}),
            json!({"principalId": "ann", "exp": now() - 31}),
            json!({"principalId": "ann", "exp": "soon"}),
        ] {
            assert_eq!(app.connect().authorizer(context.clone()).await.unwrap_err().status, 401, "{context}");
        }
        assert!(app.records().is_empty());
    }
}
