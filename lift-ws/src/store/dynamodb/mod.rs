//! The store on one DynamoDB table.
//!
//! | row | `PK` | `SK` |
//! | --- | --- | --- |
//! | record, or tombstone | `{scope}#C#{connectionId}` | `C` |
//! | membership | `{scope}#G#{group}#{shard}` | `{connectedAt}#{connectionId}` |
//! | broadcast | `{scope}#B#{broadcastId}` | `P` the message, `S#{segment}` how far it has come |
//!
//! Records also stand in two indexes, ordered by `{connectedAt}#{connectionId}`: by user
//! (`{scope}#U#{user}`) and by tenant (`{scope}#T#{tenant}#{shard}`). A connection without user is in no user
//! index (an empty key attribute would refuse the write); one without tenant stands under the empty tenant,
//! spread over 8 shards. `connectedAt` is fixed-width, so a key condition skips rows that outlived their connection.
//!
//! What an operation costs on an on-demand table, for rows up to 1 KB: `put` 1 write unit and 1 per index the
//! record is in; `get` 1 read unit; `delete` as `put`; `join` 4 write units (a transaction over two rows);
//! `leave` 1 read unit and 4 write units; a page of members 1 read unit per 8 KB, or per 4 KB when consistent.

#[cfg(feature = "aws")]
mod broadcasts;
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
