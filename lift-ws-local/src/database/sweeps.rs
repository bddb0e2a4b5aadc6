//! The removal of items whose time to live is over.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::core::{Fault, FaultMet, Faults, Occasion};

/// How often items are removed whose time to live is over; on AWS it may take days.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

/// How often expired items are removed, and what keeps them longer.
#[derive(Debug)]
pub(crate) struct Sweeps {
    pub(super) faults: Faults,
    pub(super) every: Duration,
}

impl Sweeps {
    pub(crate) fn usual(faults: Faults) -> Self {
        Self { faults, every: SWEEP_INTERVAL }
    }

    /// Removes expired items until it is dropped.
    pub(super) async fn run(self, database: &dynoxide::Database) {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut late: Option<Late> = None;
        loop {
            ticks.tick().await;
            match &late {
                Some(late) if late.lasts(&self.faults) => continue,
                // What was late is done now, whatever else goes wrong.
                Some(_) => late = None,
                None => late = self.late(),
            }
            if late.is_some() {
                continue;
            }
            if let Err(error) = database.sweep_ttl() {
                tracing::warn!(%error, "cannot remove expired items from the local database");
            }
        }
    }

    /// Until when nothing is removed, if a fault wants that.
    fn late(&self) -> Option<Late> {
        let met = self.faults.meet(Occasion::Expiry, None)?;
        let Fault::ExpiryLate(by) = met.fault else { return None };
        let until = Instant::now().checked_add(by)?;
        Some(Late { until, met })
    }
}

/// A time in which nothing is removed.
#[derive(Debug)]
struct Late {
    until: Instant,
    /// What wants it.
    met: FaultMet,
}

impl Late {
    fn lasts(&self, faults: &Faults) -> bool {
        Instant::now() < self.until && faults.holds(&self.met)
    }
}
