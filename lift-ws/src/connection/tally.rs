//! What a handle has done, counted: relaxed atomics that metrics look at now and then.
//!
//! Always there, since a switch would cost as much as the count: one addition beside a call over the network.

use std::sync::atomic::{AtomicU32, Ordering};

use super::SendErrorKind;
use super::turn::Outcome;
use crate::store::{StoreError, StoreErrorKind};

/// Writes an enum whose variants are places in the tally, beside the names of their metrics.
macro_rules! tally {
    ($($(#[$doc:meta])* $variant:ident,)*; $($operation:ident,)*) => {
        /// What is counted beside calls of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Count { $($(#[$doc])* $variant,)* }

        /// What the table is asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum TableCall { $($operation,)* }

        const COUNTS: usize = [$(Count::$variant,)*].len();

        /// The metric of each place.
        pub(crate) const NAMES: [&str; PLACES] = [
            $(stringify!($variant),)*
            $(
                concat!("Table", stringify!($operation)),
                concat!("Table", stringify!($operation), "Throttled"),
                concat!("Table", stringify!($operation), "Failed"),
            )*
        ];

        /// How many places there are.
        pub(crate) const PLACES: usize = COUNTS + 3 * [$(TableCall::$operation,)*].len();
    };
}

tally! {
    /// Handshakes that were accepted and saved.
    Connects,
    /// 1000 and 1005: one of the two closed it.
    DisconnectsNormal,
    /// 1001 of the gateway: silent for too long, or two hours old.
    DisconnectsIdle,
    /// 1001 of a client: the page was left.
    DisconnectsLeft,
    /// 1006: the network was lost.
    DisconnectsLost,
    /// 1002, 1003, 1007, 1008, 1009: what the client sent was not accepted.
    DisconnectsRefused,
    DisconnectsOther,
    SendsDelivered,
    SendsGone,
    SendsConnecting,
    SendsThrottled,
    SendsUnknown,
    SendsFailed,
    ;
    Put,
    Get,
    Delete,
    DeleteGone,
    Change,
    Join,
    Leave,
    Members,
    Forget,
    List,
    Count,
    Broadcast,
}

impl Count {
    /// Why a connection ended, by the code and the reason of its DISCONNECT (contract §6.2).
    pub(crate) fn of_disconnect(code: Option<i64>, reason: &str) -> Self {
        match code {
            Some(1000 | 1005) => Count::DisconnectsNormal,
            Some(1001) if reason.eq_ignore_ascii_case("Going away") => Count::DisconnectsIdle,
            Some(1001) => Count::DisconnectsLeft,
            Some(1006) => Count::DisconnectsLost,
            Some(1002 | 1003 | 1007..=1009) => Count::DisconnectsRefused,
            _ => Count::DisconnectsOther,
        }
    }

    fn of_send(failure: SendErrorKind) -> Self {
        match failure {
            SendErrorKind::Gone | SendErrorKind::InvalidConnectionId => Count::SendsGone,
            SendErrorKind::Connecting => Count::SendsConnecting,
            SendErrorKind::Throttled => Count::SendsThrottled,
            SendErrorKind::UnknownOutcome => Count::SendsUnknown,
            _ => Count::SendsFailed,
        }
    }
}

/// Counts since they were last taken.
#[derive(Debug)]
pub(crate) struct Tally([AtomicU32; PLACES]);

impl Default for Tally {
    fn default() -> Self {
        Self([const { AtomicU32::new(0) }; PLACES])
    }
}

impl Tally {
    pub(crate) fn add(&self, count: Count) {
        self.add_at(count as usize);
    }

    fn add_at(&self, place: usize) {
        self.0[place].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, outcome: Result<(), SendErrorKind>) {
        self.add(outcome.map_or_else(Count::of_send, |()| Count::SendsDelivered));
    }

    /// One of many.
    pub(super) fn had_turn(&self, outcome: Outcome) {
        self.add(match outcome {
            Outcome::Delivered => Count::SendsDelivered,
            Outcome::Gone => Count::SendsGone,
            Outcome::Connecting => Count::SendsConnecting,
            Outcome::Throttled => Count::SendsThrottled,
            Outcome::Unknown => Count::SendsUnknown,
            Outcome::Unreached | Outcome::Failed => Count::SendsFailed,
        });
    }

    /// A table that refuses for a reason, as one that knows no such connection, has done its work.
    pub(super) fn asked(&self, call: TableCall, failure: Option<&StoreError>) {
        use StoreErrorKind::{
            AccessDenied, Configuration, Corrupt, NoTable, Other, Throttled, Timeout, Unavailable,
            UnsupportedVersion,
        };
        let place = COUNTS + 3 * call as usize;
        self.add_at(place);
        match failure.map(StoreError::kind) {
            Some(Throttled) => self.add_at(place + 1),
            Some(
                AccessDenied | Configuration | Corrupt | NoTable | Other | Timeout | Unavailable
                | UnsupportedVersion,
            ) => self.add_at(place + 2),
            _ => {}
        }
    }

    /// Takes all counts that are not zero: each is given to one caller.
    pub(crate) fn take(&self, mut each: impl FnMut(usize, u32)) {
        for (place, count) in self.0.iter().enumerate() {
            if count.load(Ordering::Relaxed) > 0 {
                each(place, count.swap(0, Ordering::Relaxed));
            }
        }
    }
}

/// Is this the place of what a table refused for its load?
pub(crate) const fn is_throttled(place: usize) -> bool {
    place >= COUNTS && (place - COUNTS) % 3 == 1
}

/// Is this the place of a table's failures?
pub(crate) const fn is_failed(place: usize) -> bool {
    place >= COUNTS && (place - COUNTS) % 3 == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(tally: &Tally) -> Vec<(&'static str, u32)> {
        let mut taken = Vec::new();
        tally.take(|place, count| taken.push((NAMES[place], count)));
        taken
    }

    #[test]
    fn each_count_has_its_name_and_is_taken_once() {
        let tally = Tally::default();
        tally.add(Count::Connects);
        tally.sent(Ok(()));
        tally.sent(Err(SendErrorKind::Forbidden));
        tally.had_turn(Outcome::Delivered);
        tally.asked(TableCall::Put, None);
        tally.asked(TableCall::Broadcast, Some(&StoreErrorKind::Throttled.into()));
        tally.asked(TableCall::Get, Some(&StoreErrorKind::NoTable.into()));
        tally.asked(TableCall::Join, Some(&StoreErrorKind::UnknownConnection.into()));
        let expected = [
            ("Connects", 1),
            ("SendsDelivered", 2),
            ("SendsFailed", 1),
            ("TablePut", 1),
            ("TableGet", 1),
            ("TableGetFailed", 1),
            ("TableJoin", 1),
            ("TableBroadcast", 1),
            ("TableBroadcastThrottled", 1),
        ];
        assert_eq!(taken(&tally), expected);
        assert_eq!(taken(&tally), []);
    }

    #[test]
    fn the_end_of_a_connection_has_a_reason() {
        for (code, reason, expected) in [
            (Some(1000), "Connection Closed Normally", Count::DisconnectsNormal),
            (Some(1005), "Client-side close frame status not set", Count::DisconnectsNormal),
            (Some(1001), "Going away", Count::DisconnectsIdle),
            (Some(1001), "", Count::DisconnectsLeft),
            (Some(1006), "", Count::DisconnectsLost),
            (Some(1009), "Message too big", Count::DisconnectsRefused),
            (Some(4000), "bye", Count::DisconnectsOther),
            (None, "", Count::DisconnectsOther),
        ] {
            assert_eq!(Count::of_disconnect(code, reason), expected, "{code:?} {reason}");
        }
    }

    #[test]
    fn totals_know_which_places_are_theirs() {
        for (place, name) in NAMES.iter().enumerate() {
            assert_eq!(is_failed(place), name.starts_with("Table") && name.ends_with("Failed"), "{name}");
            assert_eq!(
                is_throttled(place),
                name.starts_with("Table") && name.ends_with("Throttled"),
                "{name}"
            );
        }
    }
}
