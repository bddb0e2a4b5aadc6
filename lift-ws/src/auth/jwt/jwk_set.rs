//! Keys as an issuer publishes them: a JSON Web Key Set (RFC 7517).

use super::key::{Key, KeySet};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The keys of a set that verify signatures. Those of a kind that is not known are passed over, as RFC 7517 §5 says,
/// and so are secrets: what is published is none. `None` if it is no set.
pub(super) fn parse(json: &[u8]) -> Option<KeySet> {
    #[derive(Deserialize)]
    struct Set<'s> {
        #[serde(borrow)]
        keys: Vec<&'s RawValue>,
    }
    let set: Set<'_> = serde_json::from_slice(json).ok()?;
    let keys = set.keys.iter().filter_map(|key| serde_json::from_str::<Jwk>(key.get()).ok());
    Some(KeySet(keys.filter_map(|jwk| key(&jwk)).collect()))
}

fn key(jwk: &Jwk) -> Option<Key> {
    let common = &jwk.common;
    let for_signatures = !matches!(&common.public_key_use, Some(used) if *used != PublicKeyUse::Signature);
    let for_verifying =
        !matches!(&common.key_operations, Some(uses) if !uses.contains(&KeyOperations::Verify));
    if !for_signatures || !for_verifying {
        return None;
    }
    let algorithm = algorithm(&jwk.algorithm, common.key_algorithm)?;
    let key = DecodingKey::from_jwk(jwk).ok().filter(|key| is_sound(algorithm, key))?;
    Some(Key::new(algorithm, key).with_id(common.key_id.clone()))
}

/// The one algorithm of a key: what the set says, if the key can do it, else what keys of its kind do. An RSA key
/// of which nothing is said is for RS256, the default of OpenID Connect.
fn algorithm(parameters: &AlgorithmParameters, said: Option<KeyAlgorithm>) -> Option<Algorithm> {
    let usual = match parameters {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let Some(said) = said else { return Some(usual) };
    let said = Algorithm::try_from(said).ok()?;
    let can = said == usual || (said.family() == AlgorithmFamily::Rsa && usual == Algorithm::RS256);
    can.then_some(said)
}

/// Does the key have the size of its algorithm's keys?
pub(super) fn is_sound(algorithm: Algorithm, key: &DecodingKey) -> bool {
    let bytes = key.try_get_as_bytes().map_or(0, <[u8]>::len);
    match algorithm {
        Algorithm::ES256 => bytes == 1 + 2 * 32,
        Algorithm::ES384 => bytes == 1 + 2 * 48,
        Algorithm::EdDSA => bytes == 32,
        _ => true, // AWS-LC takes RSA keys of 2048 to 8192 bits alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;
    const ED: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    const RSA: &str = r#""kty":"RSA","n":"0vx7","e":"AQAB""#;

    fn algorithms(keys: &[String]) -> Vec<Algorithm> {
        let json = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
        let set = parse(json.as_bytes()).unwrap();
        let all = [
            Algorithm::RS256,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::ES256,
            Algorithm::ES384,
            Algorithm::EdDSA,
            Algorithm::HS256,
        ];
        all.into_iter().filter(|algorithm| set.find(None, Some(*algorithm)).is_ok()).collect()
    }

    #[test]
    fn the_algorithm_is_the_keys_own() {
        let one = |key: &str, rest: &str| algorithms(&[format!("{{{key}{rest}}}")]);
        assert_eq!(one(P256, ""), [Algorithm::ES256]);
        assert_eq!(one(P256, r#","alg":"ES256","use":"sig","key_ops":["verify"]"#), [Algorithm::ES256]);
        assert_eq!(one(ED, ""), [Algorithm::EdDSA]);
        assert_eq!(one(RSA, ""), [Algorithm::RS256]);
        assert_eq!(one(RSA, r#","alg":"PS256""#), [Algorithm::PS256]);
    }

    #[test]
    fn keys_for_anything_else_are_passed_over_and_hide_no_others() {
        let strange = [
            format!(r#"{{{P256},"use":"enc"}}"#),
            format!(r#"{{{P256},"key_ops":["sign"]}}"#),
            format!(r#"{{{P256},"alg":"ES384"}}"#),
            format!(r#"{{{P256},"alg":"HS256"}}"#),
            format!(r#"{{{RSA},"alg":"RSA-OAEP"}}"#),
            r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}"#.to_owned(),
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#.to_owned(),
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#.to_owned(),
            r#"{"kty":"RSA","n":7}"#.to_owned(),
            "7".to_owned(),
        ];
        assert_eq!(algorithms(&strange), []);
        let mut keys = strange.to_vec();
        keys.push(format!("{{{ED}}}"));
        assert_eq!(algorithms(&keys), [Algorithm::EdDSA]);
    }

    #[test]
    fn what_is_no_set_is_none() {
        for json in ["", "{}", "[]", r#"{"keys":7}"#, "<html>"] {
            assert!(parse(json.as_bytes()).is_none(), "{json}");
        }
    }
}
