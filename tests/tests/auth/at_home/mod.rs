//! Logging in and out as it runs: four processes, real sockets, the local gateway, a DynamoDB whose file is searched.
//!
//! The function is this very binary, run with the name of one of its tests.

mod function;
mod home;

use self::home::Home;
use crate::tokens::{claims_with, forged, hs256, now};
use lift_ws_local::core::Fault;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Set where this binary is to be the function.
const FUNCTION: &str = "LIFT_WS_TEST_AUTH_FUNCTION";
const ENVIRONMENTS: usize = 4;

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
    let (anns, roots) = (token_of("ann", &[]), token_of("root", &["admin"]));
    let (mut ann, mut root) = (home.log_in(&anns).await, home.log_in(&roots).await);
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
    home.end_without(&[anns, roots]).await;
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
