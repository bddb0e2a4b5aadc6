//! jsonwebtoken's own judgement beside ours: whoever we let in, it would let in.

use crate::tokens::{SECRET, hs256, now};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use lift_ws::auth::{Claims, JwtVerifier};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A time far from where a second more or less would matter, or something that is no time.
fn time() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        6 => Just(Some(json!(now() + 3_600))),
        2 => Just(Some(json!((now() + 3_600) as f64 + 0.25))),
        1 => Just(Some(json!(now() - 3_600))),
        1 => Just(Some(json!(0))),
        1 => Just(Some(json!(-1))),
        1 => Just(Some(json!(u64::MAX))),
        1 => Just(Some(json!((now() + 3_600).to_string()))),
        1 => Just(Some(Value::Null)),
        1 => Just(None),
    ]
}

fn name_of(right: &'static str) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        4 => Just(Some(json!(right))),
        1 => Just(Some(json!([right, "other"]))),
        1 => Just(Some(json!("other"))),
        1 => Just(Some(json!([]))),
        1 => Just(Some(json!(7))),
        1 => Just(None),
    ]
}

proptest! {
    #[test]
    fn whoever_comes_in_is_let_in_by_jsonwebtoken_too(
        exp in time(), nbf in time(), iss in name_of("https://id.example.org"), aud in name_of("chat"),
        named in any::<bool>(),
    ) {
        let mut claims = Map::from_iter([("sub".to_owned(), json!("ann"))]);
        for (name, value) in [("exp", exp), ("nbf", nbf), ("iss", iss), ("aud", aud)] {
            claims.extend(value.map(|value| (name.to_owned(), value)));
        }
        let token = hs256(&Value::Object(claims));
        let mut theirs = Validation::new(Algorithm::HS256);
        (theirs.leeway, theirs.validate_nbf) = (30, true);
        let mut ours = JwtVerifier::hs256(SECRET);
        if named {
            theirs.set_issuer(&["https://id.example.org"]);
            theirs.set_audience(&["chat"]);
            theirs.set_required_spec_claims(&["exp", "iss", "aud"]);
            ours = ours.issuer("https://id.example.org").audience("chat");
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ours: Result<Claims, _> = runtime.block_on(ours.build().unwrap().verify(&token));
        let theirs = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_secret(SECRET.as_bytes()), &theirs);
        prop_assert!(ours.is_err() || theirs.is_ok(), "{:?} but {:?}", ours, theirs);
    }
}
