//! One connection's place in a group, and how groups are read page by page.

use super::Cursor;

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
