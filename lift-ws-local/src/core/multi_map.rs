//! Names with one or more values: the two maps that events have of headers and of the query.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Names and their values in order.
#[derive(Clone, Debug, Default)]
pub(super) struct MultiMap {
    entries: Vec<(String, Vec<String>)>,
}

impl MultiMap {
    /// Adds a value to the name that equals this one in the eyes of `same`, or to a new name.
    pub(super) fn add(&mut self, name: &str, value: String, same: fn(&str, &str) -> bool) {
        match self.entries.iter_mut().find(|(known, _)| same(known, name)) {
            Some((_, values)) => values.push(value),
            None => self.entries.push((name.to_owned(), vec![value])),
        }
    }

    /// The last value of the name that equals this one in the eyes of `same`.
    pub(super) fn last(&self, name: &str, same: fn(&str, &str) -> bool) -> Option<&str> {
        let (_, values) = self.entries.iter().find(|(known, _)| same(known, name))?;
        values.last().map(String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sorts by name regardless of case, the order in which AWS shows headers.
    pub(super) fn sort(&mut self) {
        self.entries.sort_by_cached_key(|(name, _)| name.to_ascii_lowercase());
    }

    /// The map of each name to its last value.
    pub(super) fn single(&self) -> Single<'_> {
        Single(self)
    }
}

/// The map of each name to all its values.
impl Serialize for MultiMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (name, values) in &self.entries {
            map.serialize_entry(name, values)?;
        }
        map.end()
    }
}

/// See [`MultiMap::single`].
#[derive(Debug)]
pub(super) struct Single<'a>(&'a MultiMap);

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.entries.len()))?;
        for (name, values) in &self.0.entries {
            map.serialize_entry(name, values.last().map_or("", String::as_str))?;
        }
        map.end()
    }
}
