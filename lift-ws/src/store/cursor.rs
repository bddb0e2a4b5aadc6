//! How far reading has come, page by page.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place in the order in which members of a group, or connections, are read.
///
/// Reading goes on *after* it. It belongs to one list: resume the list with what that list gave. It is text for
/// queues and tokens, also in JSON.
///
/// ```
/// # use lift_ws::store::Cursor;
/// let cursor = Cursor::after(0, 1_767_225_600_000, "AbC=");
/// assert_eq!(cursor.to_string(), "0#1767225600000#AbC=");
/// assert_eq!("0#1767225600000#AbC=".parse(), Ok(cursor));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    shard: u16,
    partition: Option<Box<str>>,
    connected_at: u64,
    connection_id: String,
}

impl Cursor {
    /// The place right after a connection.
    #[must_use]
    pub fn after(shard: u16, connected_at: u64, connection_id: impl Into<String>) -> Self {
        Self { shard, partition: None, connected_at, connection_id: connection_id.into() }
    }

    /// The place before the first connection of a shard.
    #[must_use]
    pub fn start_of(shard: u16) -> Self {
        Self::after(shard, 0, "")
    }

    /// Says in which part of the shard it is, in the store's own words, where order of time holds in parts only.
    /// For stores.
    #[must_use]
    pub fn within(mut self, partition: impl Into<Box<str>>) -> Self {
        self.partition = Some(partition.into());
        self
    }

    /// The shard it is in; for all connections, the segment.
    #[must_use]
    pub fn shard(&self) -> u16 {
        self.shard
    }

    /// The time of connecting it stands after, in milliseconds since the epoch.
    #[must_use]
    pub fn connected_at(&self) -> u64 {
        self.connected_at
    }

    /// The connection it stands after; empty at the start of a shard.
    #[must_use]
    pub fn connection_id(&self) -> &str {
        &self.connection_id
    }

    /// The part of the shard: see [`within`](Self::within). For stores.
    #[must_use]
    pub fn partition(&self) -> Option<&str> {
        self.partition.as_deref()
    }
}

/// `{shard}#{connectedAt}#{connectionId}`, or `{shard}.{length}#{connectedAt}#{partition}{connectionId}`: with the
/// partition's length, since its text may be anything.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shard, connected_at, connection_id, .. } = self;
        match &self.partition {
            None => write!(f, "{shard}#{connected_at}#{connection_id}"),
            Some(part) => write!(f, "{shard}.{}#{connected_at}#{part}{connection_id}", part.len()),
        }
    }
}

/// A text that is no [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseCursorError(());

impl fmt::Display for ParseCursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cursor looks like `0#1767225600000#AbC=`: pass on what the report gave")
    }
}

impl Error for ParseCursorError {}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or(ParseCursorError(()))
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '#');
    let (place, connected_at, rest) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let Some((shard, length)) = place.split_once('.') else {
        return Some(Cursor::after(place.parse().ok()?, connected_at, rest));
    };
    let (partition, id) = rest.split_at_checked(length.parse().ok()?)?;
    Some(Cursor::after(shard.parse().ok()?, connected_at, id).within(partition))
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_survives_text_and_json() {
        let after = Cursor::after(0, 1_767_225_600_000, "Ab#C=");
        let strange = after.clone().within("a#c.m#é");
        for cursor in [Cursor::start_of(3), strange, after.clone().within(""), after] {
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
            let json = serde_json::to_string(&cursor).unwrap();
            assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
        }
    }

    #[test]
    fn text_that_is_no_cursor_is_refused() {
        for text in
            ["", "0", "0#1", "x#1#id", "0#-1#id", "70000#1#id", "0.#1#id", "0.9#1#id", "0.1#1#éx", ".1#1#id"]
        {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
