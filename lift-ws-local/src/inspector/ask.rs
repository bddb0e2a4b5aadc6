//! What the page asks of the task that owns the gateway.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::entry::EntryId;
use super::journal::Cursor;
use super::lease::Lease;
use crate::core::ConnectionId;
use crate::environments::EnvironmentId;
use crate::event::OutputStream;
use crate::owner::Owner;

/// A question or an order; answers are JSON, made where the state is.
#[derive(Debug)]
pub(crate) enum Ask {
    /// Somebody looks from now on, as long as they have the lease.
    Come { owner: Owner, reply: oneshot::Sender<Lease> },
    /// Somebody does no longer.
    Go,
    /// What is served: names, routes, counts.
    Overview { reply: oneshot::Sender<Bytes> },
    /// The connections that a text is found in, the newest first.
    Connections { search: String, reply: oneshot::Sender<Bytes> },
    /// What has changed since; `None` if nothing has.
    Changes { since: Option<Cursor>, reply: oneshot::Sender<Option<Bytes>> },
    /// An entry as a whole.
    Entry { id: EntryId, reply: oneshot::Sender<Option<Bytes>> },
    /// The Rust source of a test that does the same again.
    TestSource { id: EntryId, reply: oneshot::Sender<Option<String>> },
    /// Give the function the same event again; the number of the new entry.
    Replay { id: EntryId, reply: oneshot::Sender<Option<EntryId>> },
    /// End a connection; whether it was open.
    Disconnect { connection: ConnectionId, reply: oneshot::Sender<bool> },
    /// A line of a function, for the journal.
    Wrote { environment: EnvironmentId, stream: OutputStream, line: String },
}
