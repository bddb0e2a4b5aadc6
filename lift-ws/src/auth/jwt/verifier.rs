//! The verifier.

use super::builder::JwtVerifierBuilder;
use super::compact::{Compact, Header};
use super::key::{Key, KeySet};
use super::principal_claims::PrincipalClaims;
use super::registered::{Expectations, Registered};
use super::remote::{Location, Remote};
use crate::auth::{AllowedOrigins, AuthError, AuthErrorKind, Claims, Handshake, TokenSource};
use crate::connection::Clock;
use jsonwebtoken::Algorithm;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

/// Verifies JSON Web Tokens. Make one at start, keep it in the state; a clone shares all of it.
///
/// The algorithm is the key's, never the token's. A token must expire; `nbf`, `iss` and `aud` are checked, and
/// unknown critical headers refused. A key that comes with a token (`jwk`, `jku`, `x5c`) is not looked at.
///
/// ```
/// use lift_ws::auth::JwtVerifier;
///
/// let verifier = JwtVerifier::hs256("a secret of at least 32 bytes......")
///     .issuer("https://id.example.org")
///     .audience("chat")
///     .roles("groups")
///     .build()?;
/// # Ok::<(), lift_ws::Error>(())
/// ```
#[derive(Clone)]
pub struct JwtVerifier(Arc<Parts>);

pub(super) struct Parts {
    pub(super) keys: Keys,
    pub(super) expected: Expectations,
    pub(super) principal: PrincipalClaims,
    pub(super) sources: Vec<TokenSource>,
    pub(super) origins: Option<AllowedOrigins>,
    pub(super) token_type: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
}

#[derive(Debug)]
pub(super) enum Keys {
    Fixed(Arc<KeySet>),
    Fetched(Remote),
}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident $algorithm:ident $least:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(secret: impl AsRef<[u8]>) -> JwtVerifierBuilder {
            JwtVerifierBuilder::secret(Algorithm::$algorithm, $least, secret.as_ref())
        }
    )*};
}

macro_rules! public_keys {
    ($($(#[$doc:meta])* $name:ident $algorithm:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(public_key: impl AsRef<[u8]>) -> JwtVerifierBuilder {
            JwtVerifierBuilder::pem(Algorithm::$algorithm, public_key.as_ref())
        }
    )*};
}

impl JwtVerifier {
    secrets! {
        /// With a shared secret of 32 bytes or more, and HMAC over SHA-256.
        hs256 HS256 32;
        /// With a shared secret of 48 bytes or more, and HMAC over SHA-384.
        hs384 HS384 48;
        /// With a shared secret of 64 bytes or more, and HMAC over SHA-512.
        hs512 HS512 64;
    }

    public_keys! {
        /// With an RSA public key in PEM, and PKCS #1 v1.5 over SHA-256.
        rs256_pem RS256;
        /// With an RSA public key in PEM, and PKCS #1 v1.5 over SHA-384.
        rs384_pem RS384;
        /// With an RSA public key in PEM, and PKCS #1 v1.5 over SHA-512.
        rs512_pem RS512;
        /// With an RSA public key in PEM, and PSS over SHA-256.
        ps256_pem PS256;
        /// With an RSA public key in PEM, and PSS over SHA-384.
        ps384_pem PS384;
        /// With an RSA public key in PEM, and PSS over SHA-512.
        ps512_pem PS512;
        /// With a public key on P-256 in PEM, and ECDSA over SHA-256.
        es256_pem ES256;
        /// With a public key on P-384 in PEM, and ECDSA over SHA-384.
        es384_pem ES384;
        /// With an Ed25519 public key in PEM.
        eddsa_pem EdDSA;
    }

    /// With the public keys of a JSON Web Key Set that is at hand; each key has its algorithm.
    pub fn jwk_set(json: impl AsRef<str>) -> JwtVerifierBuilder {
        JwtVerifierBuilder::jwk_set(json.as_ref())
    }

    /// With the public keys that an issuer publishes as a JSON Web Key Set under an HTTPS URL.
    ///
    /// They are fetched when a token first asks for them, and kept; a token with a key id that is unknown has them
    /// fetched again, at most every 30 seconds. If that fails, the keys that are known go on being used.
    pub fn jwks(url: impl Into<String>) -> JwtVerifierBuilder {
        JwtVerifierBuilder::at(Location::KeySet(url.into()))
    }

    /// With the public keys of an issuer that does OpenID Connect: its configuration says where they are. Only its
    /// own tokens are taken.
    ///
    /// ```
    /// use lift_ws::auth::JwtVerifier;
    ///
    /// let verifier = JwtVerifier::oidc("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf")
    ///     .audience("6a7b8c9d")
    ///     .roles("cognito:groups")
    ///     .build()?;
    /// # Ok::<(), lift_ws::Error>(())
    /// ```
    pub fn oidc(issuer: impl Into<String>) -> JwtVerifierBuilder {
        JwtVerifierBuilder::at(Location::Issuer(issuer.into()))
    }

    pub(super) fn from_parts(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Fetches the keys ahead of the first token, where they are fetched: worth it while the environment starts.
    ///
    /// # Errors
    /// If they cannot be had. Going on is fine: the first token tries again.
    ///
    /// # Cancel safety
    /// It may be dropped; what was being fetched is given up.
    pub async fn prefetch(&self) -> Result<(), AuthError> {
        self.keys().await.map(drop)
    }

    /// Who shakes hands: checks the origin if origins are named, finds the token, and verifies it.
    ///
    /// # Errors
    /// Whatever is wrong, clients read the same: see [`AuthError`].
    ///
    /// # Cancel safety
    /// It may be dropped; keys that were being fetched are fetched by the next.
    pub async fn authenticate<T: DeserializeOwned>(
        &self,
        handshake: &Handshake<'_>,
    ) -> Result<Claims<T>, AuthError> {
        if let Some(origins) = &self.0.origins {
            origins.check(handshake)?;
        }
        let token = handshake.token(&self.0.sources)?;
        self.verify(&token).await
    }

    /// What a token says, if it is good.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    ///
    /// # Cancel safety
    /// As [`authenticate`](Self::authenticate).
    pub async fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<Claims<T>, AuthError> {
        let token = Compact::parse(token)?;
        let bytes = token.header()?;
        let header = Header::parse(&bytes)?;
        let find = |keys: &KeySet| keys.find(header.kid.as_deref(), header.algorithm()).cloned();
        let keys = self.keys().await?;
        let key = match (find(&keys), &self.0.keys) {
            (Err(AuthErrorKind::UnknownKey), Keys::Fetched(remote)) => {
                let keys = remote.renewed(&keys).await;
                find(&keys)
            }
            (found, _) => found,
        };
        self.0.read(&token, &header, &key?)
    }

    async fn keys(&self) -> Result<Arc<KeySet>, AuthError> {
        match &self.0.keys {
            Keys::Fixed(keys) => Ok(Arc::clone(keys)),
            Keys::Fetched(remote) => remote.keys().await,
        }
    }
}

impl Parts {
    /// Nothing of the payload is read before the signature is known to be good.
    fn read<T: DeserializeOwned>(
        &self,
        token: &Compact<'_>,
        header: &Header<'_>,
        key: &Key,
    ) -> Result<Claims<T>, AuthError> {
        if !key.verifies(token.signed(), &token.signature()?) {
            return Err(AuthErrorKind::BadSignature.into());
        }
        self.check_type(header.typ.as_deref())?;
        let payload = token.payload()?;
        let now = i64::try_from(self.clock.now() / 1_000).unwrap_or(i64::MAX);
        let expires_at = Registered::parse(&payload)?.check(&self.expected, now)?;
        let principal = self.principal.read(&payload, expires_at)?;
        let claims = serde_json::from_slice(&payload).map_err(|error| wrong_claims(&error))?;
        Ok(Claims::new(principal, claims))
    }

    /// The case of a type does not matter, nor does `application/` before it (RFC 7515 §4.1.9).
    fn check_type(&self, said: Option<&str>) -> Result<(), AuthError> {
        let Some(wanted) = self.token_type.as_deref() else { return Ok(()) };
        let short = |name: &str| name.to_ascii_lowercase().trim_start_matches("application/").to_owned();
        match said {
            Some(said) if short(said) == short(wanted) => Ok(()),
            _ => Err(AuthErrorKind::WrongType.into()),
        }
    }
}

/// Serde quotes values, which are not for the log; the name of a missing field is ours.
fn wrong_claims(error: &serde_json::Error) -> AuthError {
    let text = error.to_string();
    let detail = match text.split(" at line").next() {
        Some(missing) if missing.starts_with("missing field `") => missing.to_owned(),
        _ => format!("they are not of the app's type, at column {}", error.column()),
    };
    AuthError::from(AuthErrorKind::WrongClaims).with_detail(detail)
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("keys", &self.0.keys)
            .field("expected", &self.0.expected)
            .field("sources", &self.0.sources)
            .finish_non_exhaustive()
    }
}
