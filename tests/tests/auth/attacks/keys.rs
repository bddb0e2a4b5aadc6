//! Keys that are used as what they are not.

use super::{AppState, Chat, MyClaims, assert_kept_nothing, assert_refused, bearer, ours, shake_hands};
use crate::captured;
use crate::tokens::{SECRET, claims, claims_with, forged, hmac, part, signed};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lift_ws::auth::{Claims, JwtVerifier};
use lift_ws::testing::TestApp;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use serde_json::json;

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
