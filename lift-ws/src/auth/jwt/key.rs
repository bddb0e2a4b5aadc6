//! Keys that verify, each for one algorithm.

use crate::auth::AuthErrorKind;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey};
use std::fmt;

/// A key, parsed once, and the one algorithm that it is for.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Key {
    pub(super) const fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        Self { id: None, algorithm, key }
    }

    pub(super) fn with_id(self, id: Option<String>) -> Self {
        Self { id, ..self }
    }

    /// Does the signature fit? Asked of AWS-LC by name: the process' default provider may be another, or none.
    pub(super) fn verifies(&self, signed: &[u8], signature: &Vec<u8>) -> bool {
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm, &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(signed, signature).is_ok())
    }
}

/// Nothing of a key is shown.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The keys of an issuer.
#[derive(Clone, Debug, Default)]
pub(super) struct KeySet(pub(super) Vec<Key>);

impl KeySet {
    /// The key that a token asks for. The algorithm is the key's: a token that names another is refused.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Option<Algorithm>) -> Result<&Key, AuthErrorKind> {
        match id {
            Some(id) => {
                let named = self.0.iter().filter(|key| key.id.as_deref() == Some(id));
                let nameless = self.0.iter().filter(|key| key.id.is_none());
                only(named, algorithm).or_else(|kind| match kind {
                    AuthErrorKind::UnknownKey => only(nameless, algorithm),
                    kind => Err(kind),
                })
            }
            None => only(self.0.iter(), algorithm),
        }
    }
}

/// The only one of the keys that is for the algorithm.
fn only<'k>(
    keys: impl Iterator<Item = &'k Key> + Clone,
    algorithm: Option<Algorithm>,
) -> Result<&'k Key, AuthErrorKind> {
    let mut fitting = keys.clone().filter(|key| Some(key.algorithm) == algorithm);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        (None, _) if keys.clone().next().is_some() => Err(AuthErrorKind::WrongAlgorithm),
        _ => Err(AuthErrorKind::UnknownKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: Option<&str>, algorithm: Algorithm) -> Key {
        Key::new(algorithm, DecodingKey::from_secret(b"secret")).with_id(id.map(Into::into))
    }

    #[test]
    fn a_key_is_found_by_id_and_algorithm_together() {
        use Algorithm::{ES256, HS256, RS256};
        use AuthErrorKind::{UnknownKey, WrongAlgorithm};
        let set = KeySet(vec![key(Some("a"), RS256), key(Some("b"), RS256), key(Some("b"), ES256)]);
        let find =
            |id, algorithm| set.find(id, Some(algorithm)).map(|key| (key.id.as_deref(), key.algorithm));
        assert_eq!(find(Some("a"), RS256), Ok((Some("a"), RS256)));
        assert_eq!(find(Some("b"), ES256), Ok((Some("b"), ES256)));
        assert_eq!(find(Some("a"), ES256), Err(WrongAlgorithm));
        assert_eq!(find(Some("a"), HS256), Err(WrongAlgorithm));
        assert_eq!(find(Some("c"), RS256), Err(UnknownKey));
        assert_eq!(find(None, ES256), Ok((Some("b"), ES256)), "the only one for it");
        assert_eq!(find(None, RS256), Err(UnknownKey), "two would fit");
        assert_eq!(set.find(Some("a"), None).unwrap_err(), WrongAlgorithm, "`none`, or unheard of");
    }

    #[test]
    fn a_key_without_id_serves_whatever_id_a_token_names() {
        let set = KeySet(vec![key(None, Algorithm::HS256)]);
        assert!(set.find(Some("x"), Some(Algorithm::HS256)).is_ok());
        assert!(set.find(None, Some(Algorithm::HS256)).is_ok());
        assert_eq!(set.find(None, Some(Algorithm::HS384)).unwrap_err(), AuthErrorKind::WrongAlgorithm);
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        assert_eq!(format!("{:?}", key(None, Algorithm::HS256)), "Key { algorithm: HS256, .. }");
    }
}
