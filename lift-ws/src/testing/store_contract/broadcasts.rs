//! Broadcasts that outlast one invocation, if the store keeps them.

use super::{Case, EXPIRY, NOON, Subject, Verdict, cases, ensure, said};
use crate::store::{
    BroadcastCounts, BroadcastStore, Claim, Claimed, Cursor, Postponed, SegmentState, StoredBroadcast,
};

pub(super) const CASES: [Case; 7] = cases![
    a_broadcast_is_read_as_it_was_saved,
    a_segment_has_one_owner_at_a_time,
    a_segment_is_free_again_when_its_owners_time_is_up,
    who_takes_over_goes_on_at_the_last_checkpoint,
    who_lost_a_segment_writes_nothing,
    a_segment_that_is_done_stays_done,
    an_earlier_message_is_passed_by_a_later_one,
];

const ID: &str = "broadcast";

/// The store's broadcasts, or the case is over.
macro_rules! broadcasts_of {
    ($subject:expr) => {
        match $subject.store.broadcasts() {
            Some(broadcasts) => broadcasts,
            None => return Ok(()),
        }
    };
}

fn by<'a>(owner: &'a str, turn: u32, now: u64) -> Claim<'a> {
    Claim::new(owner, turn, now, now + 30_000, EXPIRY)
}

fn at(delivered: u64) -> SegmentState {
    SegmentState {
        cursor: Some(Cursor::after(1, NOON, "AbC=").within("a#b")),
        counts: BroadcastCounts { delivered, gone: 1, ..BroadcastCounts::default() },
        postponed: vec![Postponed::new("Slow=", NOON - delivered)],
        done: false,
    }
}

struct Segment<'a>(&'a dyn BroadcastStore, &'a str);

impl Segment<'_> {
    async fn claim(&self, claim: &Claim<'_>) -> Result<Claimed, String> {
        said(self.0.claim(self.1, ID, 3, claim).await)
    }

    async fn checkpoint(&self, owner: &str, state: &SegmentState, release: bool) -> Result<bool, String> {
        said(self.0.checkpoint(self.1, ID, 3, owner, state, release).await)
    }
}

async fn a_broadcast_is_read_as_it_was_saved(subject: Subject<'_>) -> Verdict {
    let store = broadcasts_of!(subject);
    let broadcast = StoredBroadcast::new("{\"all\":true}", vec![0, 159, 255], 4, EXPIRY);
    said(store.save(subject.scope, ID, &broadcast).await)?;
    said(store.save(subject.scope, ID, &broadcast).await)?;
    let read = said(store.load(subject.scope, ID).await)?;
    ensure!(read.as_ref() == Some(&broadcast), "it is {read:?}");
    let other = said(store.load(subject.scope, "another").await)?;
    ensure!(other.is_none(), "there is one that was never saved: {other:?}");
    let none = said(store.segments(subject.scope, ID).await)?;
    ensure!(none.is_empty(), "segments before anybody worked on one: {none:?}");
    Ok(())
}

async fn a_segment_has_one_owner_at_a_time(subject: Subject<'_>) -> Verdict {
    let segment = Segment(broadcasts_of!(subject), subject.scope);
    let first = segment.claim(&by("a", 0, NOON)).await?;
    ensure!(first == Claimed::Yours(SegmentState::default()), "the first claim gets {first:?}");
    let second = segment.claim(&by("b", 0, NOON + 29_999)).await?;
    ensure!(second == Claimed::Busy { until: NOON + 30_000 }, "the second gets {second:?}");
    let again = segment.claim(&by("a", 0, NOON)).await?;
    ensure!(again == first, "a repeated claim of the owner gets {again:?}");
    Ok(())
}

async fn a_segment_is_free_again_when_its_owners_time_is_up(subject: Subject<'_>) -> Verdict {
    let segment = Segment(broadcasts_of!(subject), subject.scope);
    segment.claim(&by("a", 0, NOON)).await?;
    let late = segment.claim(&by("b", 0, NOON + 30_000)).await?;
    ensure!(matches!(late, Claimed::Yours(_)), "the next owner gets {late:?}");
    Ok(())
}

async fn who_takes_over_goes_on_at_the_last_checkpoint(subject: Subject<'_>) -> Verdict {
    let store = broadcasts_of!(subject);
    let segment = Segment(store, subject.scope);
    segment.claim(&by("a", 0, NOON)).await?;
    ensure!(segment.checkpoint("a", &at(7), false).await?, "the owner cannot write");
    let busy = segment.claim(&by("b", 0, NOON + 1)).await?;
    ensure!(matches!(busy, Claimed::Busy { .. }), "a checkpoint gave the segment away: {busy:?}");
    ensure!(segment.checkpoint("a", &at(9), true).await?, "the owner cannot give it back");
    let next = segment.claim(&by("b", 0, NOON + 1)).await?;
    ensure!(next == Claimed::Yours(at(9)), "the next owner gets {next:?}");
    let all = said(store.segments(subject.scope, ID).await)?;
    ensure!(all == [at(9)], "the list says {all:?}");
    Ok(())
}

async fn who_lost_a_segment_writes_nothing(subject: Subject<'_>) -> Verdict {
    let segment = Segment(broadcasts_of!(subject), subject.scope);
    ensure!(!segment.checkpoint("a", &at(1), false).await?, "one who never had it can write");
    segment.claim(&by("a", 0, NOON)).await?;
    segment.claim(&by("b", 0, NOON + 30_000)).await?;
    ensure!(!segment.checkpoint("a", &at(1), true).await?, "one who lost it can write");
    let busy = segment.claim(&by("c", 0, NOON + 30_001)).await?;
    ensure!(matches!(busy, Claimed::Busy { .. }), "or give it back: {busy:?}");
    Ok(())
}

async fn a_segment_that_is_done_stays_done(subject: Subject<'_>) -> Verdict {
    let segment = Segment(broadcasts_of!(subject), subject.scope);
    segment.claim(&by("a", 0, NOON)).await?;
    segment.checkpoint("a", &SegmentState { done: true, ..at(9) }, true).await?;
    let late = segment.claim(&by("b", 5, NOON + 90_000)).await?;
    ensure!(late == Claimed::Done, "a claim after the end gets {late:?}");
    Ok(())
}

async fn an_earlier_message_is_passed_by_a_later_one(subject: Subject<'_>) -> Verdict {
    let segment = Segment(broadcasts_of!(subject), subject.scope);
    segment.claim(&by("a", 0, NOON)).await?;
    segment.checkpoint("a", &at(1), true).await?;
    let next = segment.claim(&by("b", 1, NOON + 1)).await?;
    ensure!(next == Claimed::Yours(at(1)), "the continuation gets {next:?}");
    let earlier = segment.claim(&by("a", 0, NOON + 2)).await?;
    ensure!(earlier == Claimed::Passed, "the message before it gets {earlier:?}");
    segment.checkpoint("b", &at(2), true).await?;
    let again = segment.claim(&by("b", 1, NOON + 3)).await?;
    ensure!(again == Claimed::Yours(at(2)), "the continuation, delivered again, gets {again:?}");
    Ok(())
}
