//! Vectors of others: the appendices of RFC 7515 and RFC 8037, and spoilt signatures in the manner of Wycheproof.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lift_ws::auth::{AuthErrorKind, Claims, JwtVerifier, JwtVerifierBuilder};
use lift_ws::connection::ManualClock;
use serde_json::Value;

/// RFC 7515 A.1: the claims of RFC 7519 §3.1, `{"iss":"joe","exp":1300819380,"http://example.com/is_root":true}`.
pub(super) const CLAIMS: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const EXPIRY: u64 = 1_300_819_380;
pub(super) const HS256_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
pub(super) const HS256_HEADER: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9";
pub(super) const HS256_SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// A.2
const RS256_KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
pub(super) const RS256_HEADER: &str = "eyJhbGciOiJSUzI1NiJ9";
const RS256_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// A.3
pub(super) const ES256_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
pub(super) const ES256_HEADER: &str = "eyJhbGciOiJFUzI1NiJ9";
pub(super) const ES256_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// A.5
const UNSECURED_HEADER: &str = "eyJhbGciOiJub25lIn0";
/// RFC 8037 A.4: the payload is text, and no claims.
pub(super) const ED25519_KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
pub(super) const ED25519_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// A second before the vectors expire.
pub(super) fn at_the_time(builder: JwtVerifierBuilder) -> JwtVerifier {
    let clock = ManualClock::at((EXPIRY - 1) * 1_000);
    builder.user("iss").leeway(std::time::Duration::ZERO).clock(clock).build().unwrap()
}

pub(super) fn with_jwk(key: &str) -> JwtVerifier {
    at_the_time(JwtVerifier::jwk_set(format!(r#"{{"keys":[{key}]}}"#)))
}

pub(super) fn with_secret() -> JwtVerifier {
    at_the_time(JwtVerifier::hs256(URL_SAFE_NO_PAD.decode(HS256_KEY).unwrap()))
}

pub(super) async fn outcome(verifier: &JwtVerifier, token: &str) -> Result<String, AuthErrorKind> {
    let verified: Result<Claims, _> = verifier.verify(token).await;
    verified.map(|claims| claims.principal().user().unwrap().to_owned()).map_err(|error| error.kind())
}

fn vectors() -> [(JwtVerifier, &'static str, &'static str); 3] {
    [
        (with_secret(), HS256_HEADER, HS256_SIGNATURE),
        (with_jwk(RS256_KEY), RS256_HEADER, RS256_SIGNATURE),
        (with_jwk(ES256_KEY), ES256_HEADER, ES256_SIGNATURE),
    ]
}

#[tokio::test]
async fn the_vectors_of_rfc_7515_verify() {
    for (verifier, header, signature) in vectors() {
        let token = format!("{header}.{CLAIMS}.{signature}");
        assert_eq!(outcome(&verifier, &token).await.as_deref(), Ok("joe"));
        let claims: Claims<Value> = verifier.verify(&token).await.unwrap();
        assert_eq!(claims["http://example.com/is_root"], true);
    }
}

#[tokio::test]
async fn none_of_them_verifies_with_the_key_or_the_name_of_another() {
    for (n, (verifier, header, _)) in vectors().into_iter().enumerate() {
        for (m, (_, other_header, signature)) in vectors().into_iter().enumerate() {
            if n != m {
                assert!(outcome(&verifier, &format!("{header}.{CLAIMS}.{signature}")).await.is_err());
                let token = format!("{other_header}.{CLAIMS}.{signature}");
                assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::WrongAlgorithm));
            }
        }
        let unsecured = format!("{UNSECURED_HEADER}.{CLAIMS}.");
        assert_eq!(outcome(&verifier, &unsecured).await, Err(AuthErrorKind::WrongAlgorithm), "A.5");
    }
}

#[tokio::test]
async fn the_vector_of_rfc_8037_has_a_good_signature_and_no_claims() {
    let verifier = with_jwk(ED25519_KEY);
    assert_eq!(outcome(&verifier, ED25519_TOKEN).await, Err(AuthErrorKind::WrongClaims));
    let spoilt = ED25519_TOKEN.replace("RXhhbXBsZSBv", "RXhhbXBsZSBP");
    assert_eq!(outcome(&verifier, &spoilt).await, Err(AuthErrorKind::BadSignature));
    let named =
        ED25519_TOKEN.replace("eyJhbGciOiJFZERTQSJ9", &URL_SAFE_NO_PAD.encode(r#"{"alg":"Ed25519"}"#));
    assert_eq!(
        outcome(&verifier, &named).await,
        Err(AuthErrorKind::BadSignature),
        "RFC 9864's name is known"
    );
}

#[tokio::test]
async fn a_spoilt_signature_never_verifies() {
    for (verifier, header, signature) in vectors() {
        let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for (what, spoilt) in spoilt(&bytes) {
            let token = format!("{header}.{CLAIMS}.{}", URL_SAFE_NO_PAD.encode(&spoilt));
            assert_eq!(
                outcome(&verifier, &token).await,
                Err(AuthErrorKind::BadSignature),
                "{header}: {what}"
            );
        }
    }
}

/// What is done to signatures in Wycheproof: bits, lengths, zeros, the group's order, another encoding.
fn spoilt(good: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for bit in [0, 7, good.len() * 4, good.len() * 8 - 1] {
        let mut flipped = good.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        all.push((format!("bit {bit}"), flipped));
    }
    let half = good.len() / 2;
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51_u8,
    ];
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("one byte less", good[..good.len() - 1].to_vec()),
        ("one byte more", [good, &[0]].concat()),
        ("a zero before", [&[0], good].concat()),
        ("all zero", vec![0; good.len()]),
        ("all ones", vec![0xff; good.len()]),
        ("r is 0", [&vec![0; half], &good[half..]].concat()),
        ("s is 0", [&good[..half], &vec![0; good.len() - half]].concat()),
        ("r and s are 1", [&[0; 31][..], &[1], &[0; 31], &[1]].concat()),
        ("r and s are the order", [order, order].concat()),
        ("halves swapped", [&good[half..], &good[..half]].concat()),
        ("as DER", [&[0x30, 0x44, 0x02, 0x20][..], &good[..half], &[0x02, 0x20], &good[half..]].concat()),
        ("twice", [good, good].concat()),
    ] {
        all.push((what.to_owned(), bytes));
    }
    all
}

#[tokio::test]
async fn a_token_has_one_text() {
    let (verifier, header, signature) = (with_secret(), HS256_HEADER, HS256_SIGNATURE);
    let good = format!("{header}.{CLAIMS}.{signature}");
    for (what, other) in [
        ("padding", format!("{good}=")),
        ("a line break", good.replacen('.', ".\n", 1)),
        ("a space after", format!("{good} ")),
        ("bits left over", format!("{}l", &good[..good.len() - 1])),
        ("the standard alphabet", good.replace('-', "+").replace('_', "/")),
    ] {
        let refused = outcome(&verifier, &other).await.unwrap_err();
        assert!(
            matches!(refused, AuthErrorKind::Malformed | AuthErrorKind::BadSignature),
            "{what}: {refused:?}"
        );
    }
}

/// A token whose `exp` is now is expired (RFC 7519 §4.1.4: "on or after").
#[tokio::test]
async fn the_vector_expires_at_its_second() {
    let clock = std::sync::Arc::new(ManualClock::at(EXPIRY * 1_000 - 1));
    let verifier = JwtVerifier::hs256(URL_SAFE_NO_PAD.decode(HS256_KEY).unwrap()).user("iss");
    let verifier =
        verifier.leeway(std::time::Duration::ZERO).clock(std::sync::Arc::clone(&clock)).build().unwrap();
    let token = format!("{HS256_HEADER}.{CLAIMS}.{HS256_SIGNATURE}");
    assert_eq!(outcome(&verifier, &token).await.as_deref(), Ok("joe"));
    clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::Expired));
}
