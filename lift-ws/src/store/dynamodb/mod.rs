//! The store on one DynamoDB table.
//!
//! | row | `PK` | `SK` |
//! | --- | --- | --- |
//! | record, or tombstone | `{scope}#C#{connectionId}` | `C` |
//! | membership | `{scope}#G#{group}#{shard}` | `{connectedAt}#{connectionId}` |
//! | broadcast | `{scope}#B#{broadcastId}` | `P` the message, `S#{segment}` how far it has come |
//! | limit | `{scope}#L#{rule}#{key}` | the window that is counted |
//! | what is done once | `{scope}#O#{key}` | `O` |
//!
//! Records also stand in two indexes, ordered by `{connectedAt}#{connectionId}`: by user
//! (`{scope}#U#{user}`) and by tenant (`{scope}#T#{tenant}#{shard}`). A connection without user is in no user
//! index (an empty key attribute would refuse the write); one without tenant stands under the empty tenant,
//! spread over 8 shards. `connectedAt` is fixed-width, so a key condition skips rows that outlived their connection.
//!
//! What an operation costs on an on-demand table, for rows up to 1 KB (tests hold it to this, by `ReturnConsumedCapacity`):
//!
//! | operation | write units | read units |
//! | --- | --- | --- |
//! | `put` | 1, and 1 per index that the record is in: 2 without user, 3 with | |
//! | `get` | | 1 |
//! | `change` | 1; with another user 2 and 1 more (both indexes know the user), with another tenant 2 more | |
//! | `delete`, `delete_gone` | as `put`; 2 if there was nothing (the tombstone) | |
//! | `join` | 4: a transaction over two rows; no index changes | |
//! | `leave` | 4 | 1 |
//! | `remove_memberships` | 1 each | |
//! | `members` | | 1 per 4 KB if consistent, else ½ |
//! | `connections`, `count` | | ½ per 4 KB of what is read: a user's rows, a tenant's, or the whole index |
//!
//! Broadcasts that were handed over to a queue are kept with the feature `queue` only.
//!
//! DynamoDB takes 1,000 writes a second per partition, in an index too, and an index that cannot keep up refuses the
//! table's writes. [`Shards`] spread large groups and tenants.

// Without a queue nothing asks for them, and the linker cannot know it.
#[cfg(feature = "queue")]
mod broadcasts;
#[cfg(feature = "aws")]
mod change;
#[cfg(feature = "aws")]
mod failure;
#[cfg(feature = "aws")]
mod groups;
#[cfg(feature = "aws")]
mod item;
#[cfg(feature = "aws")]
mod keys;
#[cfg(feature = "aws")]
mod leave;
#[cfg(feature = "aws")]
mod listing;
#[cfg(feature = "aws")]
mod membership;
#[cfg(feature = "aws")]
mod records;
#[cfg(feature = "aws")]
mod store;
mod table;

#[cfg(feature = "aws")]
pub use self::keys::Shards;
#[cfg(feature = "aws")]
pub use self::store::DynamoStore;
pub use self::table::{DEFAULT_TABLE, TABLE_VARIABLE, table_definition, table_name_from_env};
/// For other rows of the table.
#[cfg(feature = "aws")]
pub(crate) use self::{
    failure::classify,
    item::{Item, key, number, text},
    store::client,
    table::attribute::EXPIRY,
};
