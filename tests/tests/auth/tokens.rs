//! Tokens, good and bad, and the keys that sign them.

use crate::captured;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const SECRET: &str = "a shared secret of more than thirty-two bytes, and of more than sixty-four";

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// What a good token says.
pub(crate) fn claims() -> Value {
    json!({"sub": "ann", "org": "acme", "roles": ["admin"], "email": "ann@example.org",
           "iss": "https://id.example.org", "aud": "chat", "exp": now() + 600})
}

/// The good claims with some of them changed; `null` takes one away.
pub(crate) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// Both providers are on in this build, so the process has to say which one signs. The verifier is never told.
fn provider() {
    let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
}

/// A token with the secret of the tests.
pub(crate) fn hs256(claims: &Value) -> String {
    signed(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes()))
}

pub(crate) fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    provider();
    captured::secret(jsonwebtoken::encode(header, claims, key).unwrap())
}

pub(crate) fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of texts, as an attacker puts it together.
pub(crate) fn forged(header: &str, claims: &str, signature: &str) -> String {
    captured::secret(format!("{}.{}.{signature}", part(header), part(claims)))
}

/// HMAC-SHA-256 of a header and claims that are texts, under any key.
pub(crate) fn hmac(header: &str, claims: &str, key: &[u8]) -> String {
    provider();
    let message = format!("{}.{}", part(header), part(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(key), Algorithm::HS256)
            .unwrap();
    captured::secret(format!("{message}.{signature}"))
}
