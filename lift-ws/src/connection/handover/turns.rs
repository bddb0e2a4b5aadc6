//! The recipients of one page get their turns.

use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::page::Recipient;
use crate::connection::gate::Gate;
use crate::connection::turn::{Letter, Outcome};
use crate::store::{Postponed, SegmentState};

/// What all turns have in common.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    pub(super) letter: Letter<'a>,
    /// The segment's rate.
    pub(super) pace: &'a Gate,
    /// No turn begins after this.
    pub(super) until: Instant,
}

impl Turns<'_> {
    /// Gives turns in order, as many at once as may be, and waits for their ends. It returns how many had one: all, or
    /// as many as there was time for. Who was throttled is not counted, but is to have another turn.
    pub(super) async fn give(&self, recipients: &[Recipient], state: &mut SegmentState) -> usize {
        let most = self.letter.connections.shared.settings.concurrency;
        let mut under_way = FuturesUnordered::new();
        let mut begun = 0;
        for recipient in recipients {
            while under_way.len() >= most {
                if let Some(ended) = under_way.next().await {
                    count(state, ended);
                }
            }
            let entering = self.enter();
            let mut entering = std::pin::pin!(entering);
            let place = loop {
                tokio::select! {
                    biased;
                    Some(ended) = under_way.next(), if !under_way.is_empty() => count(state, ended),
                    place = &mut entering => break place,
                }
            };
            let Some(place) = place else { break };
            under_way.push(self.turn(recipient, place));
            begun += 1;
        }
        while let Some(ended) = under_way.next().await {
            count(state, ended);
        }
        begun
    }

    /// Waits for the segment's rate, and for a place in this environment.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let _pace = self.pace.enter(Some(self.until)).await?;
        self.letter.connections.shared.gate.enter(Some(self.until)).await
    }

    /// Of who is gone the record stays: who removes one has to announce the departure, and here is nobody who could.
    async fn turn<'r>(
        &self,
        recipient: &'r Recipient,
        place: SemaphorePermit<'_>,
    ) -> (&'r Recipient, Outcome) {
        let (id, at) = (&recipient.connection_id, recipient.connected_at);
        (recipient, self.letter.deliver(id, Some(at), place).await)
    }
}

/// How many are postponed at most: the list is written with each checkpoint.
const POSTPONED: usize = 256;

fn count(state: &mut SegmentState, (recipient, outcome): (&Recipient, Outcome)) {
    if outcome == Outcome::Throttled && state.postponed.len() < POSTPONED {
        state.postponed.push(Postponed::new(&recipient.connection_id, recipient.connected_at));
    } else {
        outcome.count_in(&mut state.counts);
    }
}
