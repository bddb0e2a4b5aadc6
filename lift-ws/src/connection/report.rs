//! What became of a message to many.

use crate::store::Cursor;

/// What became of a message to many: how many recipients had which outcome.
///
/// ```
/// # use lift_ws::connection::BroadcastReport;
/// # fn log(report: BroadcastReport) {
/// if let Some(cursor) = &report.cursor {
///     println!("time was up: {} still to be sent, go on at {cursor}", report.unsent);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BroadcastReport {
    /// The gateway took the message. It promises no more than that.
    pub delivered: usize,
    /// The connection had closed; what was stored about it has been removed.
    pub gone: usize,
    /// The connection is so young that its handshake may still be going on, and could not be posted to.
    pub connecting: usize,
    /// The gateway asked to slow down until tries or time ran out.
    pub throttled: usize,
    /// Nobody knows whether the message arrived: a timeout, a reset or a failure inside the gateway.
    /// It was not sent again, since it might arrive twice.
    pub unknown: usize,
    /// The gateway refused the message, or could not be reached.
    pub failed: usize,
    /// Known recipients for whom the time was up before their turn. There may be more behind the cursor.
    pub unsent: usize,
    /// Where to go on with what is left; `None` when everyone had a turn.
    pub cursor: Option<Cursor>,
}

impl BroadcastReport {
    /// Whether everyone had a turn.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cursor.is_none()
    }

    /// How many recipients had a turn.
    #[must_use]
    pub fn attempted(&self) -> usize {
        self.delivered + self.gone + self.connecting + self.throttled + self.unknown + self.failed
    }
}
