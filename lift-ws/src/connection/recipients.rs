//! Who is to be sent to, page by page.

use std::borrow::Cow;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};

use super::Connections;
use super::listing::Whose;
use crate::store::{ConnectionsPage, Cursor, Listed, Membership, MembershipPage, StoreError};

/// How many ids of a stream make a page.
const PAGE_OF_IDS: usize = 1_000;

/// One who is to be sent to, and where reading goes on after it.
#[derive(Debug)]
pub(super) enum Recipient {
    Member {
        shard: u16,
        membership: Membership,
    },
    Listed(Listed),
    /// One of a stream of ids, with the number of those up to it.
    Id {
        number: u64,
        id: String,
    },
}

impl Recipient {
    pub(super) fn connection_id(&self) -> &str {
        match self {
            Self::Member { membership, .. } => &membership.connection_id,
            Self::Listed(listed) => &listed.connection_id,
            Self::Id { id, .. } => id,
        }
    }

    /// When it connected, if what was read tells.
    pub(super) fn connected_at(&self) -> Option<u64> {
        match self {
            Self::Member { membership, .. } => Some(membership.connected_at),
            Self::Listed(listed) => Some(listed.connected_at),
            Self::Id { .. } => None,
        }
    }

    pub(super) fn cursor(&self) -> Cursor {
        match self {
            Self::Member { shard, membership } => {
                Cursor::after(*shard, membership.connected_at, membership.connection_id.clone())
            }
            Self::Listed(listed) => listed.cursor(),
            Self::Id { number, id } => Cursor::after(0, *number, id.clone()),
        }
    }
}

/// Recipients that were read together.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) recipients: Vec<Recipient>,
    /// Where to go on; `None` after the last page.
    pub(super) next: Option<Cursor>,
}

impl From<MembershipPage> for Page {
    fn from(page: MembershipPage) -> Self {
        let shard = page.shard;
        let recipient = |membership| Recipient::Member { shard, membership };
        Self { recipients: page.members.into_iter().map(recipient).collect(), next: page.cursor }
    }
}

impl From<ConnectionsPage> for Page {
    fn from(page: ConnectionsPage) -> Self {
        Self { recipients: page.connections.into_iter().map(Recipient::Listed).collect(), next: page.cursor }
    }
}

/// Recipients in the order of their cursors. It reads when it is asked and not ahead.
pub(super) type Pages<'a> = BoxStream<'a, Result<Vec<Recipient>, StoreError>>;

/// The members of a group.
pub(super) fn members<'a>(
    connections: &'a Connections,
    group: &'a str,
    consistent: bool,
    start: Cursor,
) -> Pages<'a> {
    let pages = connections.member_pages(group.into(), consistent, start);
    pages.map_ok(|page| Page::from(page).recipients).boxed()
}

/// The connections of a user, of a tenant, or all.
pub(super) fn listed<'a>(connections: &'a Connections, whose: &'a Whose, start: Cursor) -> Pages<'a> {
    let pages = connections.listed_pages(Cow::Borrowed(whose), start);
    pages.map_ok(|page| Page::from(page).recipients).boxed()
}

/// The ids that a stream gives, after those that the cursor has counted already.
pub(super) fn ids<'a>(ids: impl Stream<Item = String> + Send + 'a, start: &Cursor) -> Pages<'a> {
    let done = start.connected_at();
    let numbered = ids.enumerate().map(|(index, id)| Recipient::Id { number: index as u64 + 1, id });
    let rest = numbered.skip(usize::try_from(done).unwrap_or(usize::MAX));
    // A slow stream is not waited for to fill a page.
    rest.ready_chunks(PAGE_OF_IDS).map(Ok).boxed()
}
