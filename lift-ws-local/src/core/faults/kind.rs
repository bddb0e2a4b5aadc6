//! The kinds of faults: their names, what they are for, and their usual times.

use std::time::Duration;

use super::Fault;
use super::time::written;

/// A kind of fault, by the name that people write.
#[derive(Clone, Copy, Debug)]
pub struct FaultKind {
    name: &'static str,
    about: &'static str,
    make: Make,
}

#[derive(Clone, Copy, Debug)]
enum Make {
    Plain(Fault),
    Timed(Duration, fn(Duration) -> Fault),
}

const fn plain(name: &'static str, fault: Fault, about: &'static str) -> FaultKind {
    FaultKind { name, about, make: Make::Plain(fault) }
}

const fn timed(
    name: &'static str,
    usual_millis: u64,
    make: fn(Duration) -> Fault,
    about: &'static str,
) -> FaultKind {
    FaultKind { name, about, make: Make::Timed(Duration::from_millis(usual_millis), make) }
}

const KINDS: [FaultKind; 15] = [
    plain("drop-disconnect", Fault::DisconnectLost, "a connection ends without its $disconnect"),
    timed("delay-disconnect", 5_000, Fault::DisconnectLate, "$disconnect comes later"),
    plain("duplicate-disconnect", Fault::DisconnectTwice, "$disconnect comes twice"),
    timed(
        "shuffle",
        50,
        Fault::MessageShuffled,
        "messages of a connection overtake each other, held up to TIME",
    ),
    timed("slow", 500, Fault::SlowIntegration, "the answer to an event comes later"),
    plain(
        "timeout",
        Fault::IntegrationTimeout,
        "the function does its work, but the gateway has given up waiting",
    ),
    timed("cold-start", 2_000, Fault::ColdStart, "an environment starts later"),
    plain(
        "kill",
        Fault::EnvironmentKilled,
        "an environment dies in the middle of an event, its answer is lost",
    ),
    plain("throttle-posts", Fault::ManagementThrottled, "429 from @connections"),
    plain(
        "cut",
        Fault::ConnectionCut,
        "a connection closes just before a post to it, which is answered with 410",
    ),
    plain("throttle-connects", Fault::ConnectThrottled, "a handshake is refused with 429"),
    plain("forbid-connects", Fault::Forbidden, "a handshake is refused with 403"),
    plain("throttle-messages", Fault::MessageThrottled, "a message is refused as one too many"),
    plain("bad-request", Fault::BadRequestBody, "a message is refused as one that its model does not allow"),
    timed("late-expiry", 3_600_000, Fault::ExpiryLate, "expired items stay in the table for longer"),
];

impl FaultKind {
    /// Every kind.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &KINDS
    }

    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// The kind of a fault, whatever its time.
    #[must_use]
    pub fn of(fault: Fault) -> &'static Self {
        let wanted = std::mem::discriminant(&fault);
        let found = KINDS.iter().find(|kind| std::mem::discriminant(&kind.usual()) == wanted);
        // A test holds that every fault has a kind.
        found.unwrap_or(&KINDS[0])
    }

    /// The name, as in `drop-disconnect`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What happens.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The time that it takes if none is named; `None` if it takes none.
    #[must_use]
    pub fn usual_time(&self) -> Option<Duration> {
        match self.make {
            Make::Plain(_) => None,
            Make::Timed(usual, _) => Some(usual),
        }
    }

    /// The fault with its usual time.
    #[must_use]
    pub fn usual(&self) -> Fault {
        match self.make {
            Make::Plain(fault) => fault,
            Make::Timed(usual, make) => make(usual),
        }
    }

    /// The fault with this time; `None` if it takes none.
    pub(super) fn with_time(&self, time: Duration) -> Option<Fault> {
        match self.make {
            Make::Plain(_) => None,
            Make::Timed(_, make) => Some(make(time)),
        }
    }

    /// A line for each kind: its name, its usual time, and what happens.
    #[must_use]
    pub fn listing() -> String {
        let lines = KINDS.iter().map(|kind| {
            let head = match kind.usual_time() {
                Some(usual) => format!("{}:{}", kind.name, written(usual)),
                None => kind.name.to_owned(),
            };
            format!("  {head:<22} {}", kind.about)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Fault {
    /// Its time, if it takes one.
    #[must_use]
    pub fn time(self) -> Option<Duration> {
        match self {
            Self::DisconnectLate(time)
            | Self::MessageShuffled(time)
            | Self::SlowIntegration(time)
            | Self::ColdStart(time)
            | Self::ExpiryLate(time) => Some(time),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_by_its_fault() {
        for kind in FaultKind::all() {
            assert_eq!(FaultKind::named(kind.name()).unwrap().usual(), kind.usual());
            assert_eq!(FaultKind::of(kind.usual()).name(), kind.name());
            assert_eq!(kind.usual().time(), kind.usual_time(), "{}", kind.name());
        }
    }

    #[test]
    fn the_listing_shows_usual_times() {
        let listing = FaultKind::listing();
        assert!(listing.contains("  late-expiry:1h         expired items stay"), "{listing}");
        assert_eq!(listing.lines().count(), KINDS.len());
    }
}
