//! jsonwebtoken's own judgement beside ours: whoever we let in, it would let in.

use crate::tokens::{SECRET, hs256, now};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use lift_ws::auth::{Claims, JwtVerifier};
use serde_json::{Map, Value, json};

/// Times far from where a second more or less would matter, and what is no time.
fn times() -> Vec<Option<Value>> {
    let soon = now() + 3_600;
    let mut times: Vec<_> =
        [json!(soon), json!(soon as f64 + 0.25), json!(now() - 3_600), json!(0), json!(-1)].into();
    times.extend([
        json!(u64::MAX),
        json!(1e300),
        json!(soon.to_string()),
        json!(true),
        json!([soon]),
        Value::Null,
    ]);
    times.into_iter().map(Some).chain([None]).collect()
}

fn names(right: &str) -> Vec<Option<Value>> {
    let names = [json!(right), json!([right, "other"]), json!("other"), json!([]), json!(7), Value::Null];
    names.into_iter().map(Some).chain([None]).collect()
}

/// Every combination of them.
fn all_claims() -> Vec<Map<String, Value>> {
    let mut all = vec![Map::from_iter([("sub".to_owned(), json!("ann"))])];
    for (name, values) in
        [("exp", times()), ("nbf", times()), ("iss", names("https://id.example.org")), ("aud", names("chat"))]
    {
        let with = |claims: &Map<String, Value>, value: Option<Value>| {
            let mut claims = claims.clone();
            claims.extend(value.map(|value| (name.to_owned(), value)));
            claims
        };
        all = all
            .iter()
            .flat_map(|claims| values.iter().map(move |value| with(claims, value.clone())))
            .collect();
    }
    all
}

#[tokio::test]
async fn whoever_comes_in_is_let_in_by_jsonwebtoken_too() {
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let mut anybody = Validation::new(Algorithm::HS256);
    (anybody.leeway, anybody.validate_nbf) = (30, true);
    let mut named = anybody.clone();
    named.set_issuer(&["https://id.example.org"]);
    named.set_audience(&["chat"]);
    named.set_required_spec_claims(&["exp", "iss", "aud"]);
    let ours = JwtVerifier::hs256(SECRET).build().unwrap();
    let ours_named =
        JwtVerifier::hs256(SECRET).issuer("https://id.example.org").audience("chat").build().unwrap();
    let mut let_in = 0;
    for claims in all_claims() {
        let claims = Value::Object(claims);
        let token = hs256(&claims);
        for (ours, theirs) in [(&ours, &anybody), (&ours_named, &named)] {
            let ours: Result<Claims, _> = ours.verify(&token).await;
            if ours.is_ok() {
                let_in += 1;
                let theirs = jsonwebtoken::decode::<Value>(&token, &key, theirs);
                assert!(theirs.is_ok(), "{claims} is let in, and {theirs:?} elsewhere");
            }
        }
    }
    assert!(let_in > 50, "{let_in} of them are good");
}
