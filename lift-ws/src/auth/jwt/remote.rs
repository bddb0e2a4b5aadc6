//! Keys that an issuer publishes: fetched, kept, and fetched again when they change.

use super::builder::InvalidVerifier;
use super::https::HttpsFetch;
use super::jwk_set;
use super::key::KeySet;
use crate::ambient;
use crate::auth::{AuthError, AuthErrorKind};
use crate::connection::Clock;
use crate::reply::BoxError;
use crate::store::BoxFuture;
use serde::Deserialize;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long all that one fetch takes may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often an unknown key id may have the keys fetched again: a client chooses the id.
const BETWEEN_RENEWALS: Duration = Duration::from_secs(30);
/// How soon after a failure the next try may be.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Gets what is at an HTTPS URL: an HTTP client for [`JwtVerifier`](super::JwtVerifier).
pub trait KeyFetch: fmt::Debug + Send + Sync + 'static {
    /// The body of a successful answer to `GET`.
    ///
    /// # Errors
    /// If there is none. The text goes to the log.
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, BoxError>>;
}

impl<F: KeyFetch + ?Sized> KeyFetch for Arc<F> {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, BoxError>> {
        (**self).get(url)
    }
}

pub(super) fn default_fetch() -> Arc<dyn KeyFetch> {
    Arc::new(HttpsFetch::new())
}

/// Where the keys are.
#[derive(Debug)]
pub(super) enum Location {
    KeySet(String),
    /// An issuer of OpenID Connect, whose configuration says it.
    Issuer(String),
}

impl Location {
    pub(super) fn check(&self) -> Result<(), InvalidVerifier> {
        let (Self::KeySet(url) | Self::Issuer(url)) = self;
        if is_safe(url) {
            return Ok(());
        }
        Err(InvalidVerifier::new(format!(
            "keys are fetched over HTTPS, or from this machine while developing, and not from `{url}`"
        )))
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        match self {
            Self::KeySet(_) => None,
            Self::Issuer(issuer) => Some(issuer),
        }
    }
}

/// Nobody between here and there can change the keys.
fn is_safe(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme {
        "https" => !authority.is_empty(),
        "http" => ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|host| authority.strip_prefix(host).is_some_and(is_port)),
        _ => false,
    }
}

/// Whether this is all that may follow a host: whatever else does, makes it another's, as in `localhost:80@evil.example`.
fn is_port(rest: &str) -> bool {
    rest.is_empty()
        || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// How long keys are used before they are fetched again.
    pub(super) life: Duration,
    /// How long they are used if that fails.
    pub(super) stale_life: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { life: Duration::from_secs(15 * 60), stale_life: Duration::from_secs(24 * 60 * 60) }
    }
}

/// The keys that an issuer publishes.
pub(super) struct Remote {
    location: Location,
    fetch: Arc<dyn KeyFetch>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    known: RwLock<Option<Known>>,
    /// One fetches, the others wait for what it brings.
    last_try: Mutex<Option<Try>>,
}

#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    /// In milliseconds since the epoch.
    fetched_at: u64,
}

#[derive(Clone, Copy)]
struct Try {
    at: u64,
    failed: bool,
}

impl Remote {
    pub(super) fn new(
        location: Location,
        fetch: Arc<dyn KeyFetch>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { location, fetch, settings, clock, known: RwLock::default(), last_try: Mutex::default() }
    }

    /// The keys, fetched if none are known or they are old. No network call as long as they are not.
    pub(super) async fn keys(&self) -> Result<Arc<KeySet>, AuthError> {
        let known = self.known();
        if let Some(known) = known.as_ref().filter(|known| self.age(known.fetched_at) < self.settings.life) {
            return Ok(Arc::clone(&known.keys));
        }
        match (self.fetched_after(known.as_ref()).await, known) {
            (Ok(keys), _) => Ok(keys),
            (Err(_), Some(known)) if self.age(known.fetched_at) < self.settings.stale_life => Ok(known.keys),
            (Err(error), _) => Err(error),
        }
    }

    /// The keys, fetched again unless that was just done: `seen` lack the one that a token names. If nothing new
    /// can be had, it is `seen`.
    pub(super) async fn renewed(&self, seen: &Arc<KeySet>) -> Arc<KeySet> {
        match self.known() {
            Some(known) if Arc::ptr_eq(&known.keys, seen) => {
                self.fetched_after(Some(&known)).await.unwrap_or(known.keys)
            }
            Some(known) => known.keys,
            None => Arc::clone(seen),
        }
    }

    /// Keys that were fetched after `seen` were.
    async fn fetched_after(&self, seen: Option<&Known>) -> Result<Arc<KeySet>, AuthError> {
        let mut last_try = self.last_try.lock().await;
        if let Some(known) = self.known()
            && seen.is_none_or(|seen| !Arc::ptr_eq(&seen.keys, &known.keys))
        {
            return Ok(known.keys);
        }
        if let Some(last) = *last_try
            && self.age(last.at) < if last.failed { AFTER_FAILURE } else { BETWEEN_RENEWALS }
        {
            return Err(AuthError::from(AuthErrorKind::KeysUnavailable).with_detail("tried a moment ago"));
        }
        // dropped while it waits, it counts as a failure
        let at = self.clock.now();
        *last_try = Some(Try { at, failed: true });
        let keys = self.fetch().await.inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, location = ?self.location, "the keys that verify tokens could not be fetched");
        })?;
        *last_try = Some(Try { at, failed: false });
        let keys = Arc::new(keys);
        let known = Known { keys: Arc::clone(&keys), fetched_at: at };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(keys)
    }

    async fn fetch(&self) -> Result<KeySet, AuthError> {
        let failed = |error: BoxError| AuthError::from(AuthErrorKind::KeysUnavailable).with_source(error);
        let all = async {
            let url = match &self.location {
                Location::KeySet(url) => url.clone(),
                Location::Issuer(issuer) => self.discover(issuer).await?,
            };
            let keys = jwk_set::parse(&self.fetch.get(&url).await?);
            keys.filter(|keys| !keys.0.is_empty())
                .ok_or_else(|| format!("there is no key that verifies signatures at {url}").into())
        };
        match ambient::timeout_at(ambient::now() + TIMEOUT, all).await {
            Ok(fetched) => fetched.map_err(failed),
            Err(_) => Err(failed("no answer within 5 seconds".into())),
        }
    }

    /// Where an issuer says that its keys are (OpenID Connect Discovery §4).
    async fn discover(&self, issuer: &str) -> Result<String, BoxError> {
        #[derive(Deserialize)]
        struct Configuration {
            issuer: String,
            jwks_uri: String,
        }
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let said: Configuration = serde_json::from_slice(&self.fetch.get(&url).await?)?;
        if said.issuer != issuer {
            return Err(format!("{url} speaks of another issuer: say exactly what it calls itself").into());
        }
        if !is_safe(&said.jwks_uri) {
            return Err(format!("{url} names keys that are not fetched over HTTPS").into());
        }
        Ok(said.jwks_uri)
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn age(&self, since: u64) -> Duration {
        Duration::from_millis(self.clock.now().saturating_sub(since))
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::ManualClock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    const KEY: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    /// Publishes one key, called `key-N` at the N-th fetch.
    #[derive(Debug, Default)]
    struct Issuer {
        fetches: AtomicUsize,
        is_down: AtomicBool,
    }

    impl KeyFetch for Issuer {
        fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<u8>, BoxError>> {
            let n = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move {
                tokio::task::yield_now().await;
                match self.is_down.load(Ordering::SeqCst) {
                    true => Err("down".into()),
                    false => Ok(format!(r#"{{"keys":[{{{KEY},"kid":"key-{n}"}}]}}"#).into_bytes()),
                }
            })
        }
    }

    struct Setting {
        issuer: Arc<Issuer>,
        clock: Arc<ManualClock>,
        remote: Remote,
    }

    impl Setting {
        fn new() -> Self {
            let (issuer, clock) = (Arc::new(Issuer::default()), Arc::new(ManualClock::at(1_767_225_600_000)));
            let location = Location::KeySet("https://id.example.org/jwks".into());
            let fetch: Arc<dyn KeyFetch> = Arc::clone(&issuer) as _;
            let remote = Remote::new(location, fetch, Settings::default(), Arc::clone(&clock) as _);
            Self { issuer, clock, remote }
        }

        fn fetches(&self) -> usize {
            self.issuer.fetches.load(Ordering::SeqCst)
        }

        fn after(&self, seconds: u64) {
            self.clock.advance(Duration::from_secs(seconds));
        }
    }

    fn id(keys: &Arc<KeySet>) -> String {
        keys.0[0].id.clone().unwrap()
    }

    #[tokio::test]
    async fn known_keys_cost_no_fetch_until_they_are_old() {
        let it = Setting::new();
        for _ in 0..3 {
            assert_eq!(id(&it.remote.keys().await.unwrap()), "key-1");
        }
        it.after(15 * 60 - 1);
        assert_eq!(id(&it.remote.keys().await.unwrap()), "key-1");
        it.after(1);
        assert_eq!(id(&it.remote.keys().await.unwrap()), "key-2");
        assert_eq!(it.fetches(), 2);
    }

    #[tokio::test]
    async fn many_at_once_fetch_once() {
        let it = Setting::new();
        let all = futures_util::future::join_all((0..10).map(|_| it.remote.keys())).await;
        assert!(all.iter().all(|keys| id(keys.as_ref().unwrap()) == "key-1"));
        assert_eq!(it.fetches(), 1);
    }

    #[tokio::test]
    async fn an_unknown_key_has_them_fetched_again_and_not_without_end() {
        let it = Setting::new();
        let first = it.remote.keys().await.unwrap();
        it.after(30);
        let second = it.remote.renewed(&first).await;
        assert_eq!(id(&second), "key-2");
        for _ in 0..100 {
            assert_eq!(id(&it.remote.renewed(&second).await), "key-2");
        }
        assert_eq!(id(&it.remote.renewed(&first).await), "key-2", "others have renewed them");
        assert_eq!(it.fetches(), 2);
        it.after(30);
        assert_eq!(id(&it.remote.renewed(&second).await), "key-3");
    }

    #[tokio::test]
    async fn known_keys_outlive_an_issuer_that_is_down_for_a_day() {
        let it = Setting::new();
        let first = it.remote.keys().await.unwrap();
        it.issuer.is_down.store(true, Ordering::SeqCst);
        it.after(60 * 60);
        assert_eq!(id(&it.remote.keys().await.unwrap()), "key-1");
        assert_eq!(id(&it.remote.renewed(&first).await), "key-1");
        assert_eq!(it.fetches(), 2, "a failure is not repeated at once");
        it.after(5);
        assert_eq!(id(&it.remote.keys().await.unwrap()), "key-1");
        assert_eq!(it.fetches(), 3);
        it.after(23 * 60 * 60);
        assert_eq!(it.remote.keys().await.unwrap_err().kind(), AuthErrorKind::KeysUnavailable);
        it.issuer.is_down.store(false, Ordering::SeqCst);
        it.after(5);
        assert_eq!(id(&it.remote.keys().await.unwrap()), "key-5");
    }

    #[tokio::test]
    async fn without_any_key_a_failure_is_the_servers() {
        let it = Setting::new();
        it.issuer.is_down.store(true, Ordering::SeqCst);
        let error = it.remote.keys().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (AuthErrorKind::KeysUnavailable, 503));
    }

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for safe in
            ["https://id.example.org/jwks", "http://localhost:8080/x", "http://127.0.0.1/", "http://[::1]:9/"]
        {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_one in [
            "http://id.example.org",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example/",
            "http://localhost:80@evil.example",
            "http://127.0.0.1:@evil.example/jwks",
            "http://localhost:80\\@evil.example",
            "http://[::1].evil.example",
            "http://[::1]:80@evil.example",
            "http://[::1]@evil.example",
            "https:///jwks",
            "file:///etc/keys",
            "ftp://x",
            "",
        ] {
            assert!(!is_safe(unsafe_one), "{unsafe_one}");
        }
    }
}
