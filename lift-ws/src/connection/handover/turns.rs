//! The recipients of one page get their turns.

use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use crate::connection::gate::Gate;
use crate::connection::recipients::Recipient;
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

/// Who has a turn: one of the page, or one who had a turn before.
#[derive(Debug, Clone, Copy)]
struct Addressee<'r> {
    connection_id: &'r str,
    connected_at: Option<u64>,
}

impl<'r> From<&'r Recipient> for Addressee<'r> {
    fn from(recipient: &'r Recipient) -> Self {
        Self { connection_id: recipient.connection_id(), connected_at: recipient.connected_at() }
    }
}

impl<'r> From<&'r Postponed> for Addressee<'r> {
    fn from(postponed: &'r Postponed) -> Self {
        Self { connection_id: &postponed.connection_id, connected_at: Some(postponed.connected_at) }
    }
}

impl Addressee<'_> {
    /// It is of a store's list, which tells when each connected.
    fn postponed(self) -> Postponed {
        Postponed::new(self.connection_id, self.connected_at.unwrap_or_default())
    }
}

impl Turns<'_> {
    /// Gives turns in order, first to those who had one before, as many at once as may be, and waits for their ends:
    /// to all, or to as many as there was time for. Who was throttled, or not reached for want of a network or of
    /// credentials, is not counted, but is to have another turn; where too many are not reached, turns end early.
    pub(super) async fn give(
        &self,
        postponed: &[Postponed],
        recipients: &[Recipient],
        state: &mut SegmentState,
    ) -> Given {
        let all = postponed.iter().map(Addressee::from).chain(recipients.iter().map(Addressee::from));
        let most = self.letter.connections.shared.settings.concurrency;
        let mut under_way = FuturesUnordered::new();
        let mut given = Given::default();
        for addressee in all {
            while under_way.len() >= most {
                if let Some(ended) = under_way.next().await {
                    given.count(state, ended);
                }
            }
            if given.unreached > 0 && state.postponed.len() + under_way.len() >= POSTPONED {
                break;
            }
            let entering = self.enter();
            let mut entering = std::pin::pin!(entering);
            let place = loop {
                tokio::select! {
                    biased;
                    Some(ended) = under_way.next(), if !under_way.is_empty() => given.count(state, ended),
                    place = &mut entering => break place,
                }
            };
            let Some(place) = place else { break };
            under_way.push(self.turn(addressee, place));
            given.had += 1;
        }
        while let Some(ended) = under_way.next().await {
            given.count(state, ended);
        }
        given
    }

    /// Waits for the segment's rate, and for a place in this environment.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let _pace = self.pace.enter(Some(self.until)).await?;
        self.letter.connections.shared.gate.enter(Some(self.until)).await
    }

    /// Of who is gone the record stays: who removes one has to announce the departure, and here is nobody who could.
    async fn turn<'r>(
        &self,
        addressee: Addressee<'r>,
        place: SemaphorePermit<'_>,
    ) -> (Addressee<'r>, Outcome) {
        let Addressee { connection_id, connected_at } = addressee;
        (addressee, self.letter.deliver(connection_id, connected_at, place).await)
    }
}

/// How many are postponed at most, beside those under way when it is full: the list is written with each checkpoint.
const POSTPONED: usize = 256;

/// How many had a turn, and how many of them the gateway was not reached for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Given {
    pub(super) had: usize,
    pub(super) unreached: usize,
}

impl Given {
    /// Did all have theirs in vain? Then it is not up to them.
    pub(super) fn reached_nobody(self) -> bool {
        self.had > 0 && self.unreached == self.had
    }

    fn count(&mut self, state: &mut SegmentState, (addressee, outcome): (Addressee<'_>, Outcome)) {
        match outcome {
            Outcome::Unreached => {
                self.unreached += 1;
                state.postponed.push(addressee.postponed());
            }
            Outcome::Throttled if state.postponed.len() < POSTPONED => {
                state.postponed.push(addressee.postponed());
            }
            outcome => outcome.count_in(&mut state.counts),
        }
    }
}
