//! Whom a broadcast goes to, and how it is cut into segments.

use serde::{Deserialize, Serialize};

use crate::connection::listing::Whose;
use crate::store::{Cursor, Whom};

/// Connections made so long after a broadcast began are not its recipients any more: clocks of two machines differ by
/// less.
const SLACK_MS: u64 = 60_000;

/// Whom a broadcast goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Addressees {
    Group(String),
    User(String),
    Tenant(String),
    All,
}

impl From<Whose> for Addressees {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::User(user) => Self::User(user),
            Whose::Tenant(tenant) => Self::Tenant(tenant),
            Whose::All => Self::All,
        }
    }
}

/// What all segments of a broadcast have in common; it is stored beside the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    pub(super) to: Addressees,
    pub(super) except: Vec<String>,
    /// The id of a message that is sent at least once.
    pub(super) message_id: Option<String>,
    pub(super) consistent: bool,
    /// When it began, in milliseconds since the epoch.
    pub(super) began: u64,
    /// How many posts a second one segment may start.
    pub(super) rate: u32,
    segments: u16,
    /// In how many shards a group stands.
    shards: u16,
    /// The time in which all recipients connected, in milliseconds since the epoch.
    oldest: u64,
    /// Where an earlier send had to stop.
    from: Option<Cursor>,
}

/// What a plan is made of.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) to: Addressees,
    pub(super) except: Vec<String>,
    pub(super) message_id: Option<String>,
    pub(super) consistent: bool,
    pub(super) from: Option<Cursor>,
    pub(super) now: u64,
    pub(super) oldest: u64,
    pub(super) shards: u16,
    /// How many segments are wanted.
    pub(super) segments: u16,
    /// How many posts a second all of them may start.
    pub(super) rate: u32,
}

/// The part of the recipients that one segment gives turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: Cursor,
    /// Recipients that connected then or later are another segment's, or came too late.
    pub(super) before: u64,
    /// For all connections: in how many segments they are read.
    of: u16,
}

impl Plan {
    pub(super) fn new(outline: Outline) -> Self {
        let Outline { to, except, message_id, consistent, from, now, oldest, shards, segments, rate } =
            outline;
        let (shards, wanted) = (shards.max(1), segments.max(1));
        let segments = match (&to, &from) {
            // a whole number of time slices for each shard
            (Addressees::Group(_), None) => wanted.div_ceil(shards).saturating_mul(shards),
            (Addressees::Group(_), Some(from)) => shards.saturating_sub(from.shard()).max(1),
            (Addressees::All, None) => wanted,
            _ => 1,
        };
        let rate = (rate / u32::from(segments)).max(1);
        Self { to, except, message_id, consistent, began: now, rate, segments, shards, oldest, from }
    }

    pub(super) fn segments(&self) -> u16 {
        self.segments
    }

    pub(super) fn range(&self, segment: u16) -> Range {
        let end = self.began.saturating_add(SLACK_MS);
        let from = self.from.clone();
        match (&self.to, from) {
            (Addressees::Group(_), None) => self.slice(segment),
            (Addressees::Group(_), Some(from)) if segment > 0 => {
                let start = Cursor::start_of(from.shard().saturating_add(segment));
                Range { start, before: end, of: 1 }
            }
            (Addressees::All, None) => {
                Range { start: Cursor::start_of(segment), before: end, of: self.segments }
            }
            (_, from) => Range { start: from.unwrap_or_else(|| Cursor::start_of(0)), before: end, of: 1 },
        }
    }

    /// A shard's members stand in the order in which they connected: a segment is a slice of that time.
    fn slice(&self, segment: u16) -> Range {
        let shards = self.shards.max(1);
        let slices = u64::from(self.segments / shards).max(1);
        let (shard, slice) = (segment % shards, u64::from(segment / shards));
        let time = self.began.saturating_sub(self.oldest);
        let border = |slice: u64| self.oldest.saturating_add((time / slices).saturating_mul(slice));
        let begin = if slice == 0 { 0 } else { border(slice) };
        let before =
            if slice + 1 == slices { self.began.saturating_add(SLACK_MS) } else { border(slice + 1) };
        Range { start: Cursor::after(shard, begin, ""), before, of: 1 }
    }

    /// Whose connections they are, where it is no group.
    pub(super) fn whom(&self, range: &Range) -> Whom<'_> {
        match &self.to {
            Addressees::User(user) => Whom::User(user),
            Addressees::Tenant(tenant) => Whom::Tenant(tenant),
            Addressees::All | Addressees::Group(_) => {
                Whom::All { segment: range.start.shard(), of: range.of }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(to: Addressees, shards: u16, segments: u16, from: Option<Cursor>) -> Plan {
        let (now, oldest) = (10_000, 2_000);
        let except = Vec::new();
        Plan::new(Outline {
            to,
            except,
            message_id: None,
            consistent: true,
            from,
            now,
            oldest,
            shards,
            segments,
            rate: 1_000,
        })
    }

    #[test]
    fn slices_of_a_group_cover_each_moment_of_each_shard_once() {
        for (shards, wanted) in [(1, 1), (1, 4), (3, 4), (8, 2), (2, 7)] {
            let plan = plan(Addressees::Group("red".into()), shards, wanted, None);
            assert!(plan.segments() >= wanted);
            let ranges: Vec<_> = (0..plan.segments()).map(|segment| plan.range(segment)).collect();
            for shard in 0..shards {
                for moment in [0, 1_999, 2_000, 2_001, 5_000, 9_999, 10_000, 69_999] {
                    let takers = ranges.iter().filter(|range| {
                        range.start.shard() == shard
                            && range.start.connected_at() <= moment
                            && moment < range.before
                    });
                    assert_eq!(takers.count(), 1, "{shards} shards, {wanted} wanted, {shard}/{moment}");
                }
            }
        }
    }

    #[test]
    fn the_rest_of_a_group_is_the_shard_it_stopped_in_and_those_after_it() {
        let from = Cursor::after(1, 5_000, "x");
        let plan = plan(Addressees::Group("red".into()), 3, 9, Some(from.clone()));
        assert_eq!(plan.segments(), 2);
        assert_eq!(plan.range(0).start, from);
        assert_eq!(plan.range(1).start, Cursor::start_of(2));
    }

    #[test]
    fn a_plan_that_somebody_else_has_stored_overflows_nothing() {
        let (now, latest) = (10_000, u64::MAX);
        for (shards, segments, oldest, began) in [
            (0, 4, 0, now),
            (0, 0, now, 0),
            (7, 3, 0, latest),
            (1, 1, latest, 0),
            (u16::MAX, 1, latest, latest),
        ] {
            let stored = serde_json::json!({
                "to": { "group": "red" }, "except": [], "messageId": null, "consistent": true, "began": began,
                "rate": 1, "segments": segments, "shards": shards, "oldest": oldest, "from": null,
            });
            let plan: Plan = serde_json::from_value(stored).unwrap();
            for segment in [0, 1, 3, u16::MAX] {
                assert!(plan.range(segment).start.shard() < shards.max(1));
            }
        }
    }

    #[test]
    fn the_rate_is_divided() {
        assert_eq!(plan(Addressees::All, 1, 4, None).rate, 250);
        assert_eq!(plan(Addressees::User("ann".into()), 1, 4, None).segments(), 1);
    }
}
