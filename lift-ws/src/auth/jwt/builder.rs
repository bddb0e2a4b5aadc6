//! Putting a verifier together.

use super::jwk_set;
use super::key::{Key, KeySet};
use super::principal_claims::PrincipalClaims;
use super::registered::Expectations;
use super::remote::{KeyFetch, Location, Remote, Settings};
use super::verifier::{JwtVerifier, Keys, Parts};
use crate::auth::{AllowedOrigins, LEEWAY, TokenSource};
use crate::connection::{Clock, SystemClock};
use jsonwebtoken::{Algorithm, DecodingKey};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Puts a [`JwtVerifier`] together; it begins with the key, as in [`JwtVerifier::hs256`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `.build()`"]
pub struct JwtVerifierBuilder {
    keys: Result<Given, InvalidVerifier>,
    expected: Expectations,
    principal: PrincipalClaims,
    sources: Vec<TokenSource>,
    origins: Option<AllowedOrigins>,
    any_origin: bool,
    token_type: Option<String>,
    clock: Arc<dyn Clock>,
    fetch: Option<Arc<dyn KeyFetch>>,
    settings: Settings,
}

/// Keys as they were given.
#[derive(Debug)]
enum Given {
    Keys(KeySet),
    At(Location),
}

impl JwtVerifierBuilder {
    fn new(keys: Result<Given, InvalidVerifier>) -> Self {
        Self {
            keys,
            expected: Expectations { leeway: LEEWAY, ..Expectations::default() },
            principal: PrincipalClaims::default(),
            sources: Vec::new(),
            origins: None,
            any_origin: false,
            token_type: None,
            clock: Arc::new(SystemClock),
            fetch: None,
            settings: Settings::default(),
        }
    }

    pub(super) fn secret(algorithm: Algorithm, least: usize, secret: &[u8]) -> Self {
        Self::new(shared_secret(algorithm, least, secret).map(Given::one))
    }

    pub(super) fn pem(algorithm: Algorithm, pem: &[u8]) -> Self {
        Self::new(public_key(algorithm, pem).map(Given::one))
    }

    pub(super) fn jwk_set(json: &str) -> Self {
        let keys = jwk_set::parse(json.as_bytes()).filter(|keys| !keys.0.is_empty());
        let keys = keys.ok_or_else(|| {
            InvalidVerifier::new("this is no JSON Web Key Set with a public key that verifies signatures")
        });
        Self::new(keys.map(Given::Keys))
    }

    pub(super) fn at(location: Location) -> Self {
        Self::new(location.check().map(|()| Given::At(location)))
    }

    /// Only tokens of this issuer (`iss`); again for another one. OIDC sets it itself.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.expected.issuers.push(issuer.into());
        self
    }

    /// Only tokens for this audience (`aud`); again for another one. A token that names an audience is refused by
    /// a verifier that names none.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.expected.audiences.push(audience.into());
        self
    }

    /// How far the clocks may be apart; 30 seconds if nothing is said.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.expected.leeway = leeway;
        self
    }

    /// Only tokens of this type (the header's `typ`), such as `at+jwt` for access tokens (RFC 9068).
    pub fn token_type(mut self, name: impl Into<String>) -> Self {
        self.token_type = Some(name.into());
        self
    }

    /// Looks for the token there; again for another source, which is asked if the ones before hold none.
    pub fn source(mut self, source: TokenSource) -> Self {
        self.sources.push(source);
        self
    }

    /// The claim that names the user; `sub` if nothing is said. A path (RFC 6901) begins with `/`. A token without
    /// it is refused.
    pub fn user(mut self, claim: impl Into<String>) -> Self {
        self.principal.user = claim.into();
        self
    }

    /// The claim that names the tenant, as [`user`](Self::user). A token without it is refused.
    pub fn tenant(mut self, claim: impl Into<String>) -> Self {
        self.principal.tenant = Some(claim.into());
        self
    }

    /// The claim with the roles: a list, or a text with spaces between. `cognito:groups`, `/realm_access/roles` and
    /// `scope` are usual ones. A token without it gives no role.
    pub fn roles(mut self, claim: impl Into<String>) -> Self {
        self.principal.roles = Some(claim.into());
        self
    }

    /// Only pages of these origins. A verifier that takes tokens from cookies must say this, or
    /// [`any_origin`](Self::any_origin).
    pub fn allowed_origins(mut self, origins: AllowedOrigins) -> Self {
        self.origins = Some(origins);
        self
    }

    /// Takes tokens from cookies whatever page asks: only where something else checks the origin.
    pub fn any_origin(mut self) -> Self {
        self.any_origin = true;
        self
    }

    /// Which key it is, if tokens say it (`kid`): a token that names another is refused. For one given key.
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        if let Ok(Given::Keys(keys)) = &mut self.keys {
            let id = id.into();
            keys.0.iter_mut().for_each(|key| key.id = Some(id.clone()));
        }
        self
    }

    /// How long fetched keys are used before they are fetched again; 15 minutes if nothing is said. If the issuer
    /// cannot be reached then, they are used for up to a day.
    pub fn key_life(mut self, life: Duration) -> Self {
        self.settings.life = life;
        self
    }

    /// Fetches keys with an HTTP client of yours.
    pub fn fetch_with(mut self, fetch: impl KeyFetch) -> Self {
        self.fetch = Some(Arc::new(fetch));
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The verifier. Keys that are fetched are so with the first token, or by [`JwtVerifier::prefetch`].
    ///
    /// # Errors
    /// If the key cannot be read, is too short or is private; if a URL is not HTTPS; if tokens come from cookies and
    /// no origin is named.
    pub fn build(self) -> Result<JwtVerifier, InvalidVerifier> {
        let sources = if self.sources.is_empty() { TokenSource::usual() } else { self.sources };
        if sources.iter().any(TokenSource::is_cookie) && self.origins.is_none() && !self.any_origin {
            return Err(InvalidVerifier::new(
                "a cookie is a token source, and browsers send it with the pages of others too: \
                 name yours with `.allowed_origins(…)`",
            ));
        }
        let mut expected = self.expected;
        let keys = match self.keys? {
            Given::Keys(keys) => Keys::Fixed(Arc::new(keys)),
            Given::At(location) => {
                expected.issuers.extend(location.issuer().map(ToOwned::to_owned));
                let fetch = self.fetch.unwrap_or_else(super::remote::default_fetch);
                Keys::Fetched(Remote::new(location, fetch, self.settings, Arc::clone(&self.clock)))
            }
        };
        Ok(JwtVerifier::from_parts(Parts {
            keys,
            expected,
            principal: self.principal,
            sources,
            origins: self.origins,
            token_type: self.token_type,
            clock: self.clock,
        }))
    }
}

impl Given {
    fn one(key: Key) -> Self {
        Self::Keys(KeySet(vec![key]))
    }
}

/// RFC 7518 §3.2: a secret is at least as long as the hash.
fn shared_secret(algorithm: Algorithm, least: usize, secret: &[u8]) -> Result<Key, InvalidVerifier> {
    if secret.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Err(InvalidVerifier::new(format!(
            "this is a key in PEM, and no secret for {algorithm:?}: use the constructor of its own algorithm"
        )));
    }
    if secret.len() < least {
        return Err(InvalidVerifier::new(format!(
            "a secret for {algorithm:?} has at least {least} bytes (RFC 7518 §3.2), and this one {}",
            secret.len()
        )));
    }
    Ok(Key::new(algorithm, DecodingKey::from_secret(secret)))
}

fn public_key(algorithm: Algorithm, pem: &[u8]) -> Result<Key, InvalidVerifier> {
    let text = pem.trim_ascii_start();
    if text.windows(11).any(|part| part == b"PRIVATE KEY") {
        return Err(InvalidVerifier::new(
            "this is a private key: a verifier takes the public one (`openssl pkey -in key.pem -pubout`)",
        ));
    }
    if !text.starts_with(b"-----BEGIN PUBLIC KEY-----")
        && !text.starts_with(b"-----BEGIN RSA PUBLIC KEY-----")
    {
        return Err(InvalidVerifier::new(
            "this is no public key in PEM: it begins with `-----BEGIN PUBLIC KEY-----`",
        ));
    }
    let key = match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(text),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(text),
        _ => DecodingKey::from_rsa_pem(text),
    };
    let key = key.map_err(|error| InvalidVerifier {
        what: format!("this is no public key for {algorithm:?}"),
        source: Some(error),
    })?;
    if !jwk_set::is_sound(algorithm, &key) {
        return Err(InvalidVerifier::new(format!(
            "this public key is on another curve than that of {algorithm:?}"
        )));
    }
    Ok(Key::new(algorithm, key))
}

/// A verifier cannot be made of what was given.
#[derive(Debug)]
pub struct InvalidVerifier {
    what: String,
    source: Option<jsonwebtoken::errors::Error>,
}

impl InvalidVerifier {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }
}

impl fmt::Display for InvalidVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for InvalidVerifier {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
