//! One message to many: pages are read while posts are under way.

use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::recipients::{Pages, Recipient};
use super::turn::{LAST_POST, Letter, Outcome};
use super::waiting::Waiting;
use super::{BroadcastReport, Record, SendError};
use crate::ambient;
use crate::store::{Cursor, GoneOutcome, StoreError};

/// A message on its way to many.
#[derive(Debug)]
pub(super) struct Broadcast<'a> {
    pub(super) letter: Letter<'a>,
    /// The group whose members they are, if they are members of one.
    pub(super) group: Option<&'a str>,
    pub(super) except: &'a [String],
    pub(super) message_id: Option<String>,
}

/// What became of a turn, and the record of who is gone.
type Ended = (Outcome, Option<Box<Record>>);

impl Broadcast<'_> {
    /// Gives each recipient a turn, in order, with as many posts under way as the gate lets through.
    pub(super) async fn run(
        mut self,
        mut pages: Pages<'_>,
        start: Cursor,
    ) -> Result<BroadcastReport, SendError> {
        let settings = &self.letter.connections.shared.settings;
        let report = BroadcastReport {
            rate: settings.posts_per_second,
            message_id: self.message_id.take(),
            ..BroadcastReport::default()
        };
        let waiting = Waiting::new(start, report);
        let until = self.last_turn();
        let mut workers = FuturesUnordered::new();
        let mut is_reading = true;
        loop {
            // A worker for each who waits: a group of three does not need a hundred.
            let wanted = waiting.unclaimed().min(settings.concurrency.saturating_sub(workers.len()));
            workers.extend((0..wanted).filter(|_| waiting.claim()).map(|_| self.work(&waiting, until)));
            let next_page = async {
                waiting.runs_low().await;
                self.next_page(&mut pages).await
            };
            tokio::select! {
                biased;
                Some(()) = workers.next(), if !workers.is_empty() => {}
                page = next_page, if is_reading && !waiting.is_time_up() => match page {
                    Ok(Some(recipients)) => waiting.append(recipients, self.except),
                    Ok(None) => is_reading = false,
                    Err(error) => {
                        waiting.fail(error, self.letter.connections.deadline());
                        is_reading = false;
                    }
                },
                else => break,
            }
        }
        drop(workers);
        waiting.end()
    }

    /// No turn begins after this.
    fn last_turn(&self) -> Option<Instant> {
        let deadline = self.letter.connections.deadline()?;
        let left = deadline.saturating_duration_since(ambient::now());
        deadline.checked_sub(LAST_POST.min(left / 4))
    }

    /// The next page, until the deadline: a stream of ids may take its time.
    async fn next_page(&self, pages: &mut Pages<'_>) -> Result<Option<Vec<Recipient>>, StoreError> {
        self.letter.connections.within(async { pages.next().await.transpose() }).await
    }

    /// Starts those who wait, one after the other, as long as there are any: the first one is claimed already.
    async fn work(&self, waiting: &Waiting, until: Option<Instant>) {
        let gate = &self.letter.connections.shared.gate;
        loop {
            let Some(place) = gate.enter(until).await else { return waiting.time_is_up() };
            let Some(turn) = waiting.start() else { return };
            let (outcome, departed) = self.turn(turn.recipient(), place).await;
            waiting.count(outcome, departed);
            if !waiting.claim() {
                return;
            }
        }
    }

    /// With the record, if this broadcast removed it and so has to hand it on.
    async fn turn(&self, recipient: &Recipient, place: SemaphorePermit<'_>) -> Ended {
        let (id, at) = (recipient.connection_id(), recipient.connected_at());
        match self.letter.deliver(id, at, place).await {
            // In a box: what is seldom needed would make every turn large.
            Outcome::Gone => Box::pin(self.gone(id, at)).await,
            outcome => (outcome, None),
        }
    }

    async fn gone(&self, connection_id: &str, connected_at: Option<u64>) -> Ended {
        let record = match self.letter.connections.remove_gone(connection_id).await {
            Ok(GoneOutcome::Removed(record)) => Some(record),
            Ok(GoneOutcome::Young) => return (Outcome::Connecting, None),
            Ok(GoneOutcome::Absent) => None,
            // Record and row stay as they are: the next message finds the record by the row, and announces it.
            Err(_) => return (Outcome::Gone, None),
        };
        // The record names the group, unless it was cut short; without record only this row is known.
        if let (Some(group), Some(at)) = (self.group, connected_at)
            && !record.as_ref().is_some_and(|record| record.is_in(group))
        {
            self.letter.connections.forget_groups(connection_id, at, &[group]).await;
        }
        (Outcome::Gone, record)
    }
}
