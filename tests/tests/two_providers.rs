//! Another crate of the build turns jsonwebtoken's second provider of cryptography on, as this one does (`rust_crypto`),
//! and nobody says which of the two is the process' default. A test alone in its process: the default is set once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use lift_ws::auth::{AuthErrorKind, Claims, JwtVerifier, JwtVerifierBuilder};
use lift_ws::connection::ManualClock;
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use std::panic::catch_unwind;

/// RFC 7515 A.1 and A.3, which expire at 1300819380.
const CLAIMS: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const HS256_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const HS256: (&str, &str) =
    ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
const ES256_KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
const ES256: (&str, &str) = (
    "eyJhbGciOiJFUzI1NiJ9",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
);

fn before_they_expire(builder: JwtVerifierBuilder) -> JwtVerifier {
    builder.user("iss").clock(ManualClock::at(1_300_819_000_000)).build().unwrap()
}

#[tokio::test]
async fn tokens_are_verified_where_two_providers_are_on_and_neither_is_the_default() {
    let secret = URL_SAFE_NO_PAD.decode(HS256_KEY).unwrap();
    let key = DecodingKey::from_secret(&secret);
    let by_the_default =
        catch_unwind(|| jsonwebtoken::crypto::verify(HS256.1, b"", &key, Algorithm::HS256).is_ok());
    assert!(
        by_the_default.is_err(),
        "jsonwebtoken left to itself panics in this build, or this test says nothing"
    );

    for (verifier, (header, signature)) in [
        (before_they_expire(JwtVerifier::hs256(secret)), HS256),
        (before_they_expire(JwtVerifier::jwk_set(ES256_KEYS)), ES256),
    ] {
        let good: Claims = verifier.verify(&format!("{header}.{CLAIMS}.{signature}")).await.unwrap();
        assert_eq!(good.principal().user(), Some("joe"));
        let spoilt = format!("{header}.{CLAIMS}.A{}", &signature[1..]);
        let refused = verifier.verify::<serde_json::Value>(&spoilt).await.unwrap_err();
        assert_eq!(refused.kind(), AuthErrorKind::BadSignature);
    }
    let (p256, p384, ed) = (
        KeyPair::generate().unwrap(),
        KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
        KeyPair::generate_for(&PKCS_ED25519).unwrap(),
    );
    for builder in [
        JwtVerifier::es256_pem(p256.public_key_pem()),
        JwtVerifier::es384_pem(p384.public_key_pem()),
        JwtVerifier::eddsa_pem(ed.public_key_pem()),
    ] {
        builder.build().expect("nor does reading a key ask for a default");
    }
}
