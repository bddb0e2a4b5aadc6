//! One connection's place in a group, and how groups are read page by page.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One connection's place in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Membership {
    /// The connection.
    pub connection_id: String,
    /// When it connected, in milliseconds since the epoch.
    pub connected_at: u64,
    /// When the row may be forgotten, in seconds since the epoch.
    pub expires_at: u64,
    /// Whose connection it is, if known.
    pub user: Option<String>,
    /// The `member` value as JSON text.
    pub member: Option<String>,
}

impl Membership {
    /// A membership without user and `member` value.
    #[must_use]
    pub fn new(connection_id: impl Into<String>, connected_at: u64, expires_at: u64) -> Self {
        Self { connection_id: connection_id.into(), connected_at, expires_at, user: None, member: None }
    }

    /// Sets whose connection it is.
    #[must_use]
    pub fn with_user(mut self, user: Option<String>) -> Self {
        self.user = user;
        self
    }

    /// Sets the `member` value, as JSON text.
    #[must_use]
    pub fn with_member(mut self, json: Option<String>) -> Self {
        self.member = json;
        self
    }
}

/// A place in the order in which a group's members are read: shard, then time of connecting, then id.
///
/// Reading goes on *after* it. As text (and in JSON) it is `{shard}#{connectedAt}#{connectionId}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    shard: u16,
    connected_at: u64,
    connection_id: String,
}

impl Cursor {
    /// The place right after a member.
    #[must_use]
    pub fn after(shard: u16, connected_at: u64, connection_id: impl Into<String>) -> Self {
        Self { shard, connected_at, connection_id: connection_id.into() }
    }

    /// The place before the first member of a shard.
    #[must_use]
    pub fn start_of(shard: u16) -> Self {
        Self::after(shard, 0, "")
    }

    /// The shard it is in.
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
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", self.shard, self.connected_at, self.connection_id)
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
        let mut parts = text.splitn(3, '#');
        let mut part = || parts.next().ok_or(ParseCursorError(()));
        let shard = part()?.parse().map_err(|_| ParseCursorError(()))?;
        let connected_at = part()?.parse().map_err(|_| ParseCursorError(()))?;
        Ok(Self { shard, connected_at, connection_id: part()?.to_owned() })
    }
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

/// Which members of a group are wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MembersQuery<'a> {
    /// The scope.
    pub scope: &'a str,
    /// The group.
    pub group: &'a str,
    /// Rows of connections made before this are dead and skipped; milliseconds since the epoch.
    pub connected_since: u64,
    /// Whether the answer must hold everything written before the question.
    pub consistent: bool,
    /// The most rows of a page.
    pub limit: u32,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

impl<'a> MembersQuery<'a> {
    /// All members of a group, 1,000 a page.
    #[must_use]
    pub fn new(scope: &'a str, group: &'a str) -> Self {
        Self { scope, group, connected_since: 0, consistent: false, limit: 1_000, cursor: None }
    }

    /// Skips rows of connections made before this time.
    #[must_use]
    pub fn connected_since(mut self, millis: u64) -> Self {
        self.connected_since = millis;
        self
    }

    /// Asks for everything written before the question.
    #[must_use]
    pub fn consistent(mut self, consistent: bool) -> Self {
        self.consistent = consistent;
        self
    }

    /// Sets the most rows of a page.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// Goes on after a cursor.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.cursor = cursor;
        self
    }
}

/// Some members of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MembershipPage {
    /// The shard that all of them are in.
    pub shard: u16,
    /// The members, in the order of [`Cursor`].
    pub members: Vec<Membership>,
    /// Where to go on; `None` after the last page.
    pub cursor: Option<Cursor>,
}

impl MembershipPage {
    /// A page of one shard.
    #[must_use]
    pub fn new(shard: u16, members: Vec<Membership>, cursor: Option<Cursor>) -> Self {
        Self { shard, members, cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_survives_text_and_json() {
        for cursor in [Cursor::start_of(3), Cursor::after(0, 1_767_225_600_000, "Ab#C=")] {
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
            let json = serde_json::to_string(&cursor).unwrap();
            assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
        }
    }

    #[test]
    fn text_that_is_no_cursor_is_refused() {
        for text in ["", "0", "0#1", "x#1#id", "0#-1#id", "70000#1#id"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
