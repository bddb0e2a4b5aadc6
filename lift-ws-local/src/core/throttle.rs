//! Token buckets: how many requests are too many (contract §6.1, DG-prot).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gateway::Gateway;
use super::moment::Moment;

/// How many requests a token bucket lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Requests a second, in the long run: `throttlingRateLimit`.
    pub rate: f64,
    /// Requests at once, after a pause: `throttlingBurstLimit`. With 0, none is let through.
    pub burst: u32,
}

/// The rate limits of a stage and of the account. There is none by default, so that load tests see what a program can do.
///
/// Each route has a bucket of its own; [`default`](Self::default) says how large it is where [`routes`](Self::routes) does
/// not. `$disconnect` is never throttled: nobody would hear it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Throttling {
    /// `defaultRouteSettings` of the stage.
    pub default: Option<RateLimit>,
    /// `routeSettings` of the stage, by route key.
    pub routes: BTreeMap<String, RateLimit>,
    /// `throttleSettings` of the account: one bucket that handshakes, messages and `@connections` of all its stages share,
    /// by [`AccountRates`]. AWS gives [`RateLimit::OF_ACCOUNTS`].
    pub account: Option<RateLimit>,
    /// New connections a second, of all stages too. AWS gives [`RateLimit::OF_NEW_CONNECTIONS`].
    pub new_connections: Option<RateLimit>,
}

impl RateLimit {
    /// 10,000 requests a second and 5,000 at once, the quota of an account in most regions (contract §6.1).
    pub const OF_ACCOUNTS: Self = Self { rate: 10_000.0, burst: 5_000 };

    /// 500 new connections a second, the quota of an account (contract §6.1).
    pub const OF_NEW_CONNECTIONS: Self = Self { rate: 500.0, burst: 500 };
}

impl Throttling {
    fn of_route(&self, route_key: &str) -> Option<RateLimit> {
        self.routes.get(route_key).copied().or(self.default)
    }
}

/// What is left of the rates of an account. Clones are the same account, so that the gateways of its stages share them.
///
/// # Examples
///
/// ```
/// use lift_ws_local::core::{AccountRates, Api, Gateway, Manifest};
///
/// let account = AccountRates::default();
/// let api = Api::from_manifest(&Manifest::parse(r#"{"routes":[]}"#)?)?;
/// let stages = [1, 2].map(|seed| Gateway::new(api.clone(), seed).with_account(account.clone()));
/// # let _ = stages;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AccountRates(Arc<Mutex<AccountBuckets>>);

#[derive(Debug, Default)]
struct AccountBuckets {
    requests: Option<Bucket>,
    new_connections: Option<Bucket>,
}

impl AccountRates {
    fn lock(&self) -> MutexGuard<'_, AccountBuckets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The buckets as they are now.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    routes: HashMap<String, Bucket>,
    account: AccountRates,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Moment,
}

impl Bucket {
    fn full(limit: RateLimit, now: Moment) -> Self {
        Self { tokens: f64::from(limit.burst), filled_at: now }
    }

    /// Whether there was a token; it is taken. The limit may have changed since the last time.
    fn take(&mut self, limit: RateLimit, now: Moment) -> bool {
        let gained = now.since(self.filled_at).as_secs_f64() * limit.rate;
        self.tokens = (self.tokens + gained).min(f64::from(limit.burst));
        self.filled_at = self.filled_at.max(now);
        // A token that is there but for the rounding of its parts is there.
        let has_one = self.tokens > 1.0 - 1e-9;
        if has_one {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
        has_one
    }
}

impl Gateway {
    /// Shares the rates of an account with other gateways; else it has an account of its own.
    #[must_use]
    pub fn with_account(mut self, account: AccountRates) -> Self {
        self.buckets.account = account;
        self
    }

    /// Takes a token for a handshake; the error says which limit there is.
    pub(super) fn admit_handshake(&mut self, now: Moment) -> Result<(), String> {
        if let Some(limit) = self.api.throttling.new_connections {
            let mut account = self.buckets.account.lock();
            let bucket = account.new_connections.get_or_insert_with(|| Bucket::full(limit, now));
            if !bucket.take(limit, now) {
                return Err(too_many("new connections", limit));
            }
        }
        self.admit(now, "$connect")
    }

    /// Takes a token for an event of this route.
    pub(super) fn admit(&mut self, now: Moment, route_key: &str) -> Result<(), String> {
        self.admit_to_account(now)?;
        let Some(limit) = self.api.throttling.of_route(route_key) else { return Ok(()) };
        let admitted = match self.buckets.routes.get_mut(route_key) {
            Some(bucket) => bucket.take(limit, now),
            None => {
                let mut bucket = Bucket::full(limit, now);
                let admitted = bucket.take(limit, now);
                self.buckets.routes.insert(route_key.to_owned(), bucket);
                admitted
            }
        };
        if admitted { Ok(()) } else { Err(too_many(&format!("events of the route `{route_key}`"), limit)) }
    }

    /// Takes a token of the account's, which a call to `@connections` needs too: it has no rate of its own.
    pub(super) fn admit_to_account(&mut self, now: Moment) -> Result<(), String> {
        let Some(limit) = self.api.throttling.account else { return Ok(()) };
        let mut account = self.buckets.account.lock();
        let bucket = account.requests.get_or_insert_with(|| Bucket::full(limit, now));
        if bucket.take(limit, now) { Ok(()) } else { Err(too_many("requests of the account", limit)) }
    }
}

fn too_many(what: &str, limit: RateLimit) -> String {
    format!("too many {what}: {} a second, and {} at once, are allowed", limit.rate, limit.burst)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::{Api, Manifest};

    const LIMIT: RateLimit = RateLimit { rate: 5.0, burst: 3 };

    fn taken(bucket: &mut Bucket, at: u64) -> usize {
        (0..100).take_while(|_| bucket.take(LIMIT, Moment::from_millis(at))).count()
    }

    #[test]
    fn a_full_bucket_lets_a_burst_through_and_then_as_many_as_the_rate_says() {
        let mut bucket = Bucket::full(LIMIT, Moment::from_millis(0));
        assert_eq!(taken(&mut bucket, 0), 3);
        assert_eq!(taken(&mut bucket, 199), 0);
        assert_eq!(taken(&mut bucket, 200), 1);
        assert_eq!(taken(&mut bucket, 600), 2);
        assert_eq!(taken(&mut bucket, 100_000), 3, "it never holds more than a burst");
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::full(LIMIT, Moment::from_millis(10_000));
        assert_eq!(taken(&mut bucket, 10_000), 3);
        assert_eq!(taken(&mut bucket, 0), 0);
        assert_eq!(taken(&mut bucket, 10_200), 1);
    }

    #[test]
    fn a_smaller_limit_takes_effect_at_once() {
        let mut bucket = Bucket::full(LIMIT, Moment::from_millis(0));
        let none = RateLimit { rate: 0.0, burst: 0 };
        assert!(!bucket.take(none, Moment::from_millis(0)));
    }

    #[test]
    fn the_stages_of_an_account_share_its_rates() {
        let account = AccountRates::default();
        let mut stages = [1, 2].map(|seed| {
            let mut api = Api::from_manifest(&Manifest::parse(r#"{"routes":[]}"#).unwrap()).unwrap();
            (api.throttling.account, api.throttling.new_connections) = (Some(LIMIT), Some(LIMIT));
            Gateway::new(api, seed).with_account(account.clone())
        });
        let now = Moment::from_millis(0);
        let admitted = [0, 1, 0, 1].map(|stage| stages[stage].admit_to_account(now).is_ok());
        assert_eq!(admitted, [true, true, true, false]);
        let later = Moment::from_millis(10_000);
        let admitted = [1, 0, 1, 0].map(|stage| stages[stage].admit_handshake(later).is_ok());
        assert_eq!(admitted, [true, true, true, false]);
    }

    proptest! {
        #[test]
        fn no_more_than_burst_and_rate_come_through(steps in prop::collection::vec(0_u64..500, 1..200)) {
            let mut bucket = Bucket::full(LIMIT, Moment::from_millis(0));
            let (mut now, mut through) = (0, 0);
            for step in steps {
                now += step;
                through += u64::from(bucket.take(LIMIT, Moment::from_millis(now)));
                prop_assert!(through * 1000 <= 3 * 1000 + 5 * now, "{through} in {now} ms");
            }
        }
    }
}
