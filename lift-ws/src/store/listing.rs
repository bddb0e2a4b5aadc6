//! Whose connections there are: of a user, of a tenant, all; page by page.

use super::Cursor;

/// Whose connections are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Whom<'a> {
    /// Those of a user.
    User(&'a str),
    /// Those of a tenant; those without one if the name is empty.
    Tenant(&'a str),
    /// Everybody's, or a part of them: all connections are in one of `of` segments, each in the same one as long
    /// as `of` is the same. Segments can be read at the same time.
    All {
        /// Which one, from 0.
        segment: u16,
        /// How many there are; at least 1.
        of: u16,
    },
}

impl Whom<'_> {
    /// Everybody's connections, in one go.
    pub const ALL: Self = Self::All { segment: 0, of: 1 };

    /// The place before the first of them.
    #[must_use]
    pub fn start(&self) -> Cursor {
        match self {
            Self::All { segment, .. } => Cursor::start_of(*segment),
            _ => Cursor::start_of(0),
        }
    }
}

/// Which connections are wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionsQuery<'a> {
    /// The scope.
    pub scope: &'a str,
    /// Whose.
    pub whom: Whom<'a>,
    /// Rows of connections made before this are dead and skipped; milliseconds since the epoch.
    pub connected_since: u64,
    /// The most rows of a page.
    pub limit: u32,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

impl<'a> ConnectionsQuery<'a> {
    /// All connections of somebody, 1,000 a page.
    #[must_use]
    pub fn new(scope: &'a str, whom: Whom<'a>) -> Self {
        Self { scope, whom, connected_since: 0, limit: 1_000, cursor: None }
    }

    /// Skips rows of connections made before this time.
    #[must_use]
    pub fn connected_since(mut self, millis: u64) -> Self {
        self.connected_since = millis;
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

/// A connection as a list shows it: what the index knows, without reading its record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Listed {
    /// The connection.
    pub connection_id: String,
    /// When it connected, in milliseconds since the epoch.
    pub connected_at: u64,
    /// Whose connection it is, if known.
    pub user: Option<String>,
    /// The tenant it belongs to. A user's list does not know it.
    pub tenant: Option<String>,
    shard: u16,
    partition: Option<Box<str>>,
}

impl Listed {
    /// A connection of nobody, in a shard (for all connections: a segment) of the list.
    #[must_use]
    pub fn new(shard: u16, connected_at: u64, connection_id: impl Into<String>) -> Self {
        let connection_id = connection_id.into();
        Self { connection_id, connected_at, user: None, tenant: None, shard, partition: None }
    }

    /// Sets whose connection it is.
    #[must_use]
    pub fn with_user(mut self, user: Option<String>) -> Self {
        self.user = user;
        self
    }

    /// Sets the tenant. An empty name is no name.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Option<String>) -> Self {
        self.tenant = tenant.filter(|name| !name.is_empty());
        self
    }

    /// Says in which part of the shard it is: see [`Cursor::within`].
    #[must_use]
    pub fn within(mut self, partition: impl Into<Box<str>>) -> Self {
        self.partition = Some(partition.into());
        self
    }

    /// The place right after it: where to go on once it had its turn.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let cursor = Cursor::after(self.shard, self.connected_at, self.connection_id.clone());
        match &self.partition {
            Some(partition) => cursor.within(partition.clone()),
            None => cursor,
        }
    }
}

/// Some connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionsPage {
    /// The connections, in the order of reading.
    pub connections: Vec<Listed>,
    /// Where to go on; `None` after the last page.
    pub cursor: Option<Cursor>,
}

impl ConnectionsPage {
    /// A page.
    #[must_use]
    pub fn new(connections: Vec<Listed>, cursor: Option<Cursor>) -> Self {
        Self { connections, cursor }
    }
}
