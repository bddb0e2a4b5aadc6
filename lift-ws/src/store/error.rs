//! Why a store refused or failed.

use std::error::Error;
use std::fmt;

use crate::error::Public;
use crate::shown::shown;

type Source = Box<dyn Error + Send + Sync>;

/// What kind of failure a [`StoreError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The credentials may not do this.
    AccessDenied,
    /// The attributes are longer than [`MAX_ATTRIBUTES_BYTES`](super::MAX_ATTRIBUTES_BYTES).
    AttributesTooLarge,
    /// The connection has closed: a save came after its `$disconnect`.
    Closed,
    /// The SDK could not make the request: no credentials, no region.
    Configuration,
    /// A row is there but cannot be understood.
    Corrupt,
    /// A value could not be turned into JSON or back.
    Json,
    /// A cursor was given to a list that it does not belong to.
    InvalidCursor,
    /// A group's name is empty or too long.
    InvalidGroup,
    /// A `member` value is longer than [`MAX_MEMBER_BYTES`](super::MAX_MEMBER_BYTES).
    MemberTooLarge,
    /// The store keeps no broadcasts, so that none can be handed over to a queue.
    NoBroadcasts,
    /// The name of a user or a tenant is empty, which is nobody's.
    EmptyName,
    /// The name of a user or a tenant is longer than [`MAX_NAME_BYTES`](super::MAX_NAME_BYTES).
    NameTooLong,
    /// The handle knows no scope: it was made outside an event.
    NoScope,
    /// The table does not exist, or is not ready.
    NoTable,
    /// Another failure; the source says which.
    Other,
    /// The store asked to slow down.
    Throttled,
    /// The time was up before the store answered.
    Timeout,
    /// The connection is in [`MAX_GROUPS`](super::MAX_GROUPS) groups already.
    TooManyGroups,
    /// The store could not be reached, or failed inside.
    Unavailable,
    /// There is no record of the connection.
    UnknownConnection,
    /// The row was written by a release too far from this one.
    UnsupportedVersion,
}

impl StoreErrorKind {
    const fn sentence(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "the connection table refused the credentials: allow dynamodb:GetItem, PutItem, UpdateItem, \
                 DeleteItem, BatchWriteItem, ConditionCheckItem, Query and Scan on the table and its indexes"
            }
            Self::AttributesTooLarge => {
                "the attributes of a connection must have at most 32 KiB of JSON: keep what is large in a table of \
                 your own"
            }
            Self::Closed => "the connection has already closed",
            Self::Configuration => {
                "the request to the connection table could not be made: on Lambda the function's role gives \
                 credentials and AWS_REGION the region; elsewhere set a profile in AWS_PROFILE, or \
                 AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION"
            }
            Self::Corrupt => "a stored row cannot be understood",
            Self::EmptyName => {
                "the name of a user or a tenant is empty, which is nobody's name: connections without user and tenant \
                 are reached by `all()`, or by a group that they are in"
            }
            Self::Json => "a value does not convert to or from JSON",
            Self::InvalidCursor => {
                "the cursor belongs to another list: go on with the one that this list gave"
            }
            Self::InvalidGroup => "a group's name must have 1 to 512 bytes",
            Self::MemberTooLarge => {
                "a `member` value must have at most 1024 bytes of JSON: keep what is large in a table of your own"
            }
            Self::NoBroadcasts => {
                "this store keeps no broadcasts: enable lift-ws's feature `queue` for DynamoDB, implement \
                 `ConnectionStore::broadcasts` for a store of your own, or send within one invocation"
            }
            Self::NameTooLong => "the name of a user or a tenant must have at most 512 bytes",
            Self::NoScope => {
                "this handle belongs to no API: use the one that the event gives, or name API and stage with \
                 `.scope(\"{apiId}/{stage}\")`"
            }
            Self::NoTable => {
                "the connection table does not exist: create it (the app's manifest carries its definition) or \
                 name another in LIFT_WS_TABLE"
            }
            Self::Other => "the connection store failed",
            Self::Throttled => {
                "the connection table is throttled: a hot key (spread it: `with_group_shards`, \
                 `with_tenant_shards`), an index that cannot keep up and so refuses the table's writes, or the \
                 account's limit"
            }
            Self::Timeout => "the connection store did not answer in time",
            Self::TooManyGroups => "a connection can be in 100 groups at most: leave one first",
            Self::Unavailable => "the connection store cannot be reached",
            Self::UnknownConnection => {
                "there is no record of this connection: it has closed or was never accepted"
            }
            Self::UnsupportedVersion => "the row was written by a release that this one cannot read",
        }
    }
}

/// A failure of a [`ConnectionStore`](super::ConnectionStore).
///
/// A handler may return it. A client then reads `unknown_connection`, `too_many_groups`, `invalid_group`,
/// `invalid_name` or `too_large` where what it sent may be the reason, and else `internal_error` with no text of ours;
/// the log gets it whole. `?` into [`Error`](crate::Error) keeps the same codes.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    subject: Option<Box<str>>,
    source: Option<Source>,
}

impl StoreError {
    /// A failure of the given kind.
    #[must_use]
    pub fn new(kind: StoreErrorKind) -> Self {
        Self { kind, subject: None, source: None }
    }

    /// Says what the failure was about: a connection id, a group, a table.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(shown(&subject.into()).into());
        self
    }

    /// Keeps the failure below.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What a client may know of it.
    pub(crate) fn public(&self) -> Public {
        match self.kind {
            StoreErrorKind::UnknownConnection => Public {
                status: 410,
                code: "unknown_connection",
                message: "this connection is not known; connect again",
            },
            StoreErrorKind::TooManyGroups => Public {
                status: 400,
                code: "too_many_groups",
                message: "a connection can be in 100 groups at most: leave one first",
            },
            StoreErrorKind::InvalidGroup => Public {
                status: 400,
                code: "invalid_group",
                message: "a group's name must have 1 to 512 bytes",
            },
            StoreErrorKind::EmptyName | StoreErrorKind::NameTooLong => Public {
                status: 400,
                code: "invalid_name",
                message: "the name of a user or a tenant must have 1 to 512 bytes",
            },
            StoreErrorKind::MemberTooLarge | StoreErrorKind::AttributesTooLarge => Public {
                status: 400,
                code: "too_large",
                message: "there is too much to store with this connection: send less",
            },
            _ => Public::INTERNAL,
        }
    }

    /// Whether the same call may be made again and may then succeed.
    ///
    /// Store operations can be repeated without harm; one that returns what it removed may find that its
    /// first try has removed it.
    #[must_use]
    pub fn is_retry_safe(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Throttled | StoreErrorKind::Timeout | StoreErrorKind::Unavailable)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.sentence())?;
        match &self.subject {
            Some(subject) => write!(f, " (`{subject}`)"),
            None => Ok(()),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self::new(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_the_subject_and_source_is_kept() {
        let error = StoreError::new(StoreErrorKind::NoTable)
            .about("my-table")
            .with_source("ResourceNotFoundException");
        assert!(error.to_string().ends_with("in LIFT_WS_TABLE (`my-table`)"), "{error}");
        assert_eq!(error.source().unwrap().to_string(), "ResourceNotFoundException");
    }

    #[test]
    fn a_subject_that_a_client_made_up_is_cut() {
        let text = StoreError::new(StoreErrorKind::UnknownConnection).about("é".repeat(100_000)).to_string();
        assert!(text.len() < 500 && text.ends_with("…`)"), "{text}");
    }

    #[test]
    fn only_passing_failures_are_safe_to_retry() {
        assert!(StoreError::new(StoreErrorKind::Throttled).is_retry_safe());
        assert!(!StoreError::new(StoreErrorKind::Closed).is_retry_safe());
        assert!(!StoreError::new(StoreErrorKind::UnknownConnection).is_retry_safe());
    }
}
