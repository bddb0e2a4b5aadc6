//! The inspector: what happens in a gateway, for a person with a browser.
//!
//! ```text
//! driver ──notes──▶ Recorder ─▶ Journal ◀──Ask── InspectorApi ◀── control ◀── page (/_lift)
//! ```
//!
//! The journal belongs to the task that owns the gateway, like all its state; the page asks for what it shows. While nobody
//! looks, notes only go on a tape, of which the journal is made as soon as somebody asks. Both are there only if the control endpoint is ([`control`](crate::LocalGatewayBuilder::control)).

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
mod recorder;
mod secrets;
mod summary;
mod tape;
mod test_source;
mod watchers;

pub(crate) use api::InspectorApi;
pub(crate) use ask::Ask;
pub(crate) use connections::{Overview, connections};
pub(crate) use entry::EntryId;
pub(crate) use journal::{Replay, Time};
pub(crate) use notes::Managed;
pub(crate) use page::asset;
pub(crate) use recorder::Recorder;
