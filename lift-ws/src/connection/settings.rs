//! What can be chosen about storing and sending.

use std::time::Duration;

/// The most bytes that the gateway takes as one message (contract §6.1).
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// The longest that a connection lasts (contract §6.1).
pub(crate) const MAX_CONNECTION_DURATION: Duration = Duration::from_secs(2 * 60 * 60);

/// How long rows are kept: a connection's whole life, and some minutes for a late `$disconnect`.
pub(crate) const RECORD_LIFE: Duration = Duration::from_secs(2 * 60 * 60 + 15 * 60);

/// How long a tombstone keeps a late save from bringing a closed connection back.
pub(crate) const TOMBSTONE_LIFE: Duration = Duration::from_secs(15 * 60);

/// The longest that a setting may ask to wait: times are added to the clock, which must not overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What can be chosen about storing and sending; the defaults fit Lambda.
///
/// ```
/// # use std::time::Duration;
/// # use lift_ws::connection::Settings;
/// let settings = Settings::default().with_rate(2_000).with_cache_life(Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many posts may be under way at once in this environment; at least 1.
    pub(super) concurrency: usize,
    /// How many posts a second this environment may start; at least 1.
    pub(super) posts_per_second: u32,
    /// How long one post may take before its outcome is called unknown.
    pub(super) post_timeout: Duration,
    /// How often a throttled post is tried in all; at least 1.
    pub(super) tries: u32,
    /// How many posts a second all segments of one broadcast may start that was handed over; at least 1.
    pub(super) broadcast_rate: u32,
    /// Into how many segments a broadcast is cut that is handed over; at least 1.
    pub(super) broadcast_segments: u16,
    /// How young a connection is whose 410 may come from an unfinished handshake.
    pub(super) gone_grace: Duration,
    /// How many records are cached in this environment; 0 turns the cache off.
    pub(super) cache_entries: usize,
    /// How long a cached record is used.
    pub(super) cache_life: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 128,
            posts_per_second: 5_000,
            post_timeout: Duration::from_secs(5),
            tries: 6,
            broadcast_rate: 5_000,
            broadcast_segments: 4,
            gone_grace: Duration::from_secs(30),
            cache_entries: 10_000,
            cache_life: Duration::from_secs(60),
        }
    }
}

impl Settings {
    /// Sets how many posts may be under way at once, at least 1; 128 otherwise. Lambda allows 1,024 open sockets
    /// and files.
    #[must_use]
    pub fn with_concurrency(mut self, posts: usize) -> Self {
        self.concurrency = posts.max(1);
        self
    }

    /// Sets how many posts a second this environment may start, at least 1; 5,000 otherwise. The account's quota,
    /// shared by all its APIs in the region, is 10,000 requests a second.
    #[must_use]
    pub fn with_rate(mut self, posts_per_second: u32) -> Self {
        self.posts_per_second = posts_per_second.max(1);
        self
    }

    /// Sets how long one post may take before its outcome is called unknown, at most a day; 5 seconds otherwise.
    #[must_use]
    pub fn with_post_timeout(mut self, timeout: Duration) -> Self {
        self.post_timeout = timeout.min(LONGEST);
        self
    }

    /// Sets how often a throttled post is tried in all, at least once; 6 times otherwise.
    #[must_use]
    pub fn with_tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// Sets how many posts a second a broadcast may start that was handed over to the queue, all its segments together;
    /// 5,000 otherwise: half of what an account may ask of the management API by default. Each segment gets its part.
    #[must_use]
    pub fn with_broadcast_rate(mut self, posts_per_second: u32) -> Self {
        self.broadcast_rate = posts_per_second.max(1);
        self
    }

    /// Sets into how many segments a broadcast is cut that is handed over to the queue; 4 otherwise, at most 1,000.
    /// Segments run at the same time, each in an invocation of its own or several in one.
    #[must_use]
    pub fn with_broadcast_segments(mut self, segments: u16) -> Self {
        self.broadcast_segments = segments.clamp(1, 1_000);
        self
    }

    /// Sets how young a connection is whose 410 may come from an unfinished handshake; 30 seconds otherwise.
    /// For tests.
    #[must_use]
    pub fn with_gone_grace(mut self, grace: Duration) -> Self {
        self.gone_grace = grace;
        self
    }

    /// Sets how many records are cached in this environment; 10,000 otherwise. 0 turns the cache off.
    #[must_use]
    pub fn with_cache_entries(mut self, entries: usize) -> Self {
        self.cache_entries = entries;
        self
    }

    /// Sets how long a cached record is used, at most a day; 60 seconds otherwise.
    #[must_use]
    pub fn with_cache_life(mut self, life: Duration) -> Self {
        self.cache_life = life.min(LONGEST);
        self
    }
}
