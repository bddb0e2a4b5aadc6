//! The inspector: what happens in a gateway, for a person with a browser.
//!
//! ```text
//! driver ──notes──▶ Journal ◀──Ask── InspectorApi ◀── control ◀── page (/_lift)
//! ```
//!
//! The journal belongs to the task that owns the gateway, like all its state; the page asks for what it shows. It is there
//! only if the control endpoint is ([`control`](crate::LocalGatewayBuilder::control)).

mod api;
mod ask;
mod connections;
mod detail;
mod entry;
mod journal;
mod lease;
mod notes;
mod page;
mod peek;
mod problem;
mod secrets;
mod summary;
mod test_source;
mod watchers;

pub(crate) use api::InspectorApi;
pub(crate) use ask::Ask;
pub(crate) use connections::{Overview, connections};
pub(crate) use entry::EntryId;
pub(crate) use journal::{Journal, Replay, Time};
pub(crate) use notes::Managed;
pub(crate) use page::asset;
