//! Token buckets in memory: bounded, and such that nobody gets a full one by having theirs forgotten.

use super::Rate;
use crate::ambient;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many places a key may have. It bounds what a look-up costs, and what an eviction does.
const WAYS: usize = 16;

/// A table of buckets. A bucket is when it is full again: one that is full now says nothing, and its place is free.
///
/// A new key that finds its places taken gets that of the bucket which is nearest to full: least is lost with it. Who wants
/// their own empty bucket forgotten has to fill those places with buckets that are emptier still, by keys whose places
/// nobody can foretell (the hash has a seed), and so has to be let through more often than the forgotten bucket gives.
pub(super) struct Buckets {
    started: Instant,
    seed: [u64; 2],
    sets: u64,
    slots: Mutex<Vec<Slot>>,
}

/// A bucket, known by the hash of its key. 64 bits of a seeded hash: of 10,000 keys two share a bucket once in
/// 10^11 times.
#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    full_at: u64,
}

impl Buckets {
    /// For at least so many keys.
    pub(super) fn new(most_keys: usize) -> Self {
        let sets = most_keys.div_ceil(WAYS).clamp(1, 1 << 20);
        let half = || (ambient::fraction() * f64::from(u32::MAX)) as u64;
        let word = || half() << 32 | half();
        Self {
            started: ambient::now(),
            seed: [word(), word()],
            sets: sets as u64,
            slots: Mutex::new(vec![Slot::default(); sets * WAYS]),
        }
    }

    /// The bucket of a key.
    pub(super) fn bucket(&self, key: impl Hash) -> u64 {
        // Its own keys are fixed: what stands before the key, and nobody knows, takes their part.
        let mut hasher = DefaultHasher::new();
        (self.seed, key).hash(&mut hasher);
        hasher.finish()
    }

    /// Takes a token from each of the buckets, or from none.
    ///
    /// # Errors
    /// How long to wait for the first that is empty.
    pub(super) fn take(&self, mut wanted: impl Iterator<Item = (u64, Rate)>) -> Result<(), Duration> {
        let now = ambient::now().saturating_duration_since(self.started).as_nanos();
        // A bucket of the first moment would look like none.
        let now = u64::try_from(now).unwrap_or(u64::MAX).saturating_add(1);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        self.take_all(&mut slots, now, &mut wanted)
    }

    /// Takes from the first after all others have given: rules are few.
    fn take_all(
        &self,
        slots: &mut [Slot],
        now: u64,
        wanted: &mut impl Iterator<Item = (u64, Rate)>,
    ) -> Result<(), Duration> {
        let Some((key, rate)) = wanted.next() else { return Ok(()) };
        let set = self.set(slots, key);
        let full_at = set.iter().find(|slot| slot.key == key).map_or(0, |slot| slot.full_at);
        let full_at = rate.take(full_at, now)?;
        self.take_all(slots, now, wanted)?;
        let set = self.set(slots, key);
        if let Some(place) = place(set, key) {
            set[place] = Slot { key, full_at };
        }
        Ok(())
    }

    fn set<'s>(&self, slots: &'s mut [Slot], key: u64) -> &'s mut [Slot] {
        // The high bits of the product spread any 64 bits over any number of sets.
        let set = (u128::from(key) * u128::from(self.sets)) >> 64;
        let from = usize::try_from(set).unwrap_or(0) * WAYS;
        &mut slots[from..from + WAYS]
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|slot| slot.full_at != 0).count()
    }
}

/// Its own place, else the one whose bucket is nearest to full: it may be full.
fn place(set: &[Slot], key: u64) -> Option<usize> {
    let own = set.iter().position(|slot| slot.key == key);
    own.or_else(|| (0..set.len()).min_by_key(|place| set[*place].full_at))
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").field("most_keys", &(self.sets * WAYS as u64)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(buckets: &Buckets, key: &str, rate: Rate) -> bool {
        buckets.take(std::iter::once((buckets.bucket(key), rate))).is_ok()
    }

    /// Slow enough that no token comes back while a test runs.
    fn slow(burst: u32) -> Rate {
        Rate::new(1, Duration::from_secs(86_400)).burst(burst)
    }

    #[test]
    fn each_key_has_a_bucket_of_its_own() {
        let buckets = Buckets::new(10_000);
        assert!(take(&buckets, "ann", slow(2)) && take(&buckets, "ann", slow(2)));
        assert!(!take(&buckets, "ann", slow(2)));
        assert!(take(&buckets, "bob", slow(2)));
    }

    #[test]
    fn of_several_buckets_all_give_or_none() {
        let buckets = Buckets::new(100);
        let keys = |name| [(buckets.bucket(name), slow(5)), (buckets.bucket("shared"), slow(1))];
        assert!(buckets.take(keys("ann").into_iter()).is_ok());
        for _ in 0..20 {
            assert!(buckets.take(keys("bob").into_iter()).is_err());
        }
        let left = (0..10).filter(|_| take(&buckets, "bob", slow(5))).count();
        assert_eq!(left, 5, "what was refused took nothing");
    }

    #[test]
    fn the_table_does_not_grow() {
        let buckets = Buckets::new(160);
        for key in 0..10_000 {
            assert!(take(&buckets, &key.to_string(), slow(1)), "a new key has a full bucket");
        }
        assert!(buckets.len() <= 160);
    }

    #[test]
    fn a_flood_of_new_keys_does_not_bring_back_an_empty_bucket() {
        let buckets = Buckets::new(160);
        while take(&buckets, "flooder", slow(10)) {}
        for key in 0..10_000 {
            take(&buckets, &key.to_string(), slow(10));
        }
        assert!(!take(&buckets, "flooder", slow(10)));
    }

    #[test]
    fn to_be_forgotten_costs_more_than_it_brings() {
        let buckets = Buckets::new(160);
        while take(&buckets, "flooder", slow(10)) {}
        let mut spent = 0;
        for key in 0..10_000 {
            // Others have to be as empty, each for ten that were let through.
            while take(&buckets, &format!("other-{key}"), slow(10)) {
                spent += 1;
            }
            if take(&buckets, "flooder", slow(10)) {
                break;
            }
        }
        assert!(spent >= 10 * WAYS, "{spent}");
    }

    #[test]
    fn keys_are_spread_over_the_sets() {
        let buckets = Buckets::new(10_000);
        for key in 0..5_000 {
            take(&buckets, &key.to_string(), slow(1));
        }
        let again = (0..5_000).filter(|key| take(&buckets, &key.to_string(), slow(1))).count();
        assert!(again < 100, "{again} of 5,000 were forgotten in a table of 10,000");
    }
}
