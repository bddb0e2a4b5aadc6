//! Records read lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Record;

/// A bounded map from connection id to record.
///
/// Two generations bound it without bookkeeping per look-up: new entries go to the young one; when that holds
/// half of what is allowed, it becomes the old one and the old one is dropped. A hit allocates nothing.
#[derive(Debug)]
pub(crate) struct Cache {
    generations: Mutex<Generations>,
    per_generation: usize,
    life: Duration,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Box<str>, Entry>,
    old: HashMap<Box<str>, Entry>,
}

#[derive(Debug)]
struct Entry {
    scope: Arc<str>,
    record: Arc<Record>,
    until: Instant,
}

impl Cache {
    pub(crate) fn new(entries: usize, life: Duration) -> Self {
        Self { generations: Mutex::default(), per_generation: entries.div_ceil(2), life }
    }

    pub(crate) fn get(&self, scope: &str, connection_id: &str) -> Option<Arc<Record>> {
        let generations = self.lock();
        let entry = generations.young.get(connection_id).or_else(|| generations.old.get(connection_id))?;
        let is_usable = &*entry.scope == scope && Instant::now() < entry.until;
        is_usable.then(|| Arc::clone(&entry.record))
    }

    pub(crate) fn insert(&self, scope: &Arc<str>, record: Arc<Record>) {
        if self.per_generation == 0 {
            return;
        }
        let entry = Entry { scope: Arc::clone(scope), until: Instant::now() + self.life, record };
        let id: Box<str> = entry.record.connection_id().into();
        let mut generations = self.lock();
        if generations.young.len() >= self.per_generation {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.old.remove(&id);
        generations.young.insert(id, entry);
    }

    /// Changes a cached record, if there is one; its life is not prolonged.
    pub(crate) fn update(&self, connection_id: &str, change: impl FnOnce(&mut Record)) {
        let mut generations = self.lock();
        let Generations { young, old } = &mut *generations;
        if let Some(entry) = young.get_mut(connection_id).or_else(|| old.get_mut(connection_id)) {
            change(Arc::make_mut(&mut entry.record));
        }
    }

    pub(crate) fn remove(&self, connection_id: &str) {
        let mut generations = self.lock();
        generations.young.remove(connection_id);
        generations.old.remove(connection_id);
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
        cache.insert(&"a/prod".into(), record("x"));
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
            cache.insert(&scope, record(&n.to_string()));
        }
        let kept = (0..1_000).filter(|n| cache.get("s", &n.to_string()).is_some()).count();
        assert!((5..=10).contains(&kept), "{kept}");
        assert!(cache.get("s", "999").is_some());
    }

    #[test]
    fn a_record_whose_life_is_over_is_not_used() {
        let cache = Cache::new(10, Duration::ZERO);
        cache.insert(&"s".into(), record("x"));
        assert!(cache.get("s", "x").is_none());
    }

    #[test]
    fn no_entries_means_no_cache() {
        let cache = Cache::new(0, Duration::from_secs(60));
        cache.insert(&"s".into(), record("x"));
        assert!(cache.get("s", "x").is_none());
    }

    #[test]
    fn a_changed_record_is_seen_by_later_look_ups_only() {
        let cache = Cache::new(10, Duration::from_secs(60));
        cache.insert(&"s".into(), record("x"));
        let before = cache.get("s", "x").unwrap();
        cache.update("x", |record| record.insert_group("red", None));
        assert!(!before.is_in("red"));
        assert!(cache.get("s", "x").unwrap().is_in("red"));
    }
}
