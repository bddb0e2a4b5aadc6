//! Records read lately.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Record;
use crate::ambient;

/// A bounded map from connection id to record.
///
/// Two generations bound it without bookkeeping per look-up: new entries go to the young one; when that holds
/// half of what is allowed, it becomes the old one and the old one is dropped. A hit allocates nothing.
#[derive(Debug)]
pub(crate) struct Cache {
    generations: Mutex<Generations>,
    per_generation: usize,
    life: Duration,
    /// Of fixed keys: the gateway makes the ids, so nobody chooses ones that share a version.
    hasher: BuildHasherDefault<DefaultHasher>,
}

/// How many versions there are. Connections share them: a change of one may keep another from being cached once.
const VERSIONS: usize = 64;

/// How many changes there were to the connections that share a version when a read of one of them began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(u64);

#[derive(Debug)]
struct Generations {
    versions: [u64; VERSIONS],
    young: HashMap<Box<str>, Entry>,
    old: HashMap<Box<str>, Entry>,
}

#[derive(Debug)]
struct Entry {
    scope: Arc<str>,
    record: Arc<Record>,
    until: Instant,
}

impl Generations {
    fn forget(&mut self, connection_id: &str) {
        self.young.remove(connection_id);
        self.old.remove(connection_id);
    }
}

impl Cache {
    pub(crate) fn new(entries: usize, life: Duration) -> Self {
        let generations = Generations { versions: [0; VERSIONS], young: HashMap::new(), old: HashMap::new() };
        Self {
            generations: Mutex::new(generations),
            per_generation: entries.div_ceil(2),
            life,
            hasher: BuildHasherDefault::default(),
        }
    }

    /// To be taken before a record is read that is to be inserted.
    pub(crate) fn version(&self, connection_id: &str) -> Version {
        Version(self.lock().versions[self.slot(connection_id)])
    }

    fn slot(&self, connection_id: &str) -> usize {
        let hash = self.hasher.hash_one(connection_id) % VERSIONS as u64;
        usize::try_from(hash).unwrap_or_default()
    }

    pub(crate) fn get(&self, scope: &str, connection_id: &str) -> Option<Arc<Record>> {
        let generations = self.lock();
        let entry = generations.young.get(connection_id).or_else(|| generations.old.get(connection_id))?;
        let is_usable = &*entry.scope == scope && ambient::now() < entry.until;
        is_usable.then(|| Arc::clone(&entry.record))
    }

    /// Keeps a record, unless a change came between the version, taken before it was read, and now: what was read
    /// may then be outdated, or of a connection that has closed.
    pub(crate) fn insert(&self, scope: &Arc<str>, record: Arc<Record>, read_at: Version) {
        if self.per_generation == 0 {
            return;
        }
        let entry = Entry { scope: Arc::clone(scope), until: ambient::now() + self.life, record };
        let id: Box<str> = entry.record.connection_id().into();
        let slot = self.slot(&id);
        let mut generations = self.lock();
        if generations.versions[slot] != read_at.0 {
            // Which of the two is newer, nobody knows: the next reader asks the store.
            generations.forget(&id);
            return;
        }
        if generations.young.len() >= self.per_generation {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.old.remove(&id);
        generations.young.insert(id, entry);
    }

    /// Changes a cached record, if there is one; its life is not prolonged.
    pub(crate) fn update(&self, connection_id: &str, change: impl FnOnce(&mut Record)) {
        let slot = self.slot(connection_id);
        let mut generations = self.lock();
        let Generations { young, old, versions } = &mut *generations;
        versions[slot] += 1;
        if let Some(entry) = young.get_mut(connection_id).or_else(|| old.get_mut(connection_id)) {
            change(Arc::make_mut(&mut entry.record));
        }
    }

    pub(crate) fn remove(&self, connection_id: &str) {
        let slot = self.slot(connection_id);
        let mut generations = self.lock();
        generations.versions[slot] += 1;
        generations.forget(connection_id);
    }

    // Each operation leaves the maps whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> Arc<Record> {
        Arc::new(Record::new(id, 1, 2))
    }

    #[test]
    fn a_record_is_found_in_its_scope_only() {
        let cache = Cache::new(10, Duration::from_secs(60));
        cache.insert(&"a/prod".into(), record("x"), cache.version("x"));
        assert!(cache.get("a/prod", "x").is_some());
        assert!(cache.get("a/test", "x").is_none());
        cache.remove("x");
        assert!(cache.get("a/prod", "x").is_none());
    }

    #[test]
    fn the_number_of_entries_is_bounded_and_the_newest_stay() {
        let cache = Cache::new(10, Duration::from_secs(60));
        let scope: Arc<str> = "s".into();
        for n in 0..1_000 {
            let id = n.to_string();
            cache.insert(&scope, record(&id), cache.version(&id));
        }
        let kept = (0..1_000).filter(|n| cache.get("s", &n.to_string()).is_some()).count();
        assert!((5..=10).contains(&kept), "{kept}");
        assert!(cache.get("s", "999").is_some());
    }

    #[test]
    fn a_record_whose_life_is_over_is_not_used() {
        let cache = Cache::new(10, Duration::ZERO);
        cache.insert(&"s".into(), record("x"), cache.version("x"));
        assert!(cache.get("s", "x").is_none());
    }

    #[test]
    fn no_entries_means_no_cache() {
        let cache = Cache::new(0, Duration::from_secs(60));
        cache.insert(&"s".into(), record("x"), cache.version("x"));
        assert!(cache.get("s", "x").is_none());
    }

    #[test]
    fn a_changed_record_is_seen_by_later_look_ups_only() {
        let cache = Cache::new(10, Duration::from_secs(60));
        cache.insert(&"s".into(), record("x"), cache.version("x"));
        let before = cache.get("s", "x").unwrap();
        cache.update("x", |record| record.insert_group("red", None));
        assert!(!before.is_in("red"));
        assert!(cache.get("s", "x").unwrap().is_in("red"));
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = Cache::new(10, Duration::from_secs(60));
        let scope: Arc<str> = "s".into();
        let changes: [fn(&Cache); 2] = [|cache| cache.remove("x"), |cache| cache.update("x", |_| {})];
        for change in changes {
            let version = cache.version("x");
            change(&cache);
            cache.insert(&scope, record("x"), version);
            assert!(cache.get("s", "x").is_none());
            cache.insert(&scope, record("x"), cache.version("x"));
            assert!(cache.get("s", "x").is_some());
        }
    }
}
