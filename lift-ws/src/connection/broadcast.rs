//! One message to many: pages are read while posts are under way.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::deliver::Repeat;
use super::recipients::{Pages, Recipient};
use super::waiting::{Outcome, Waiting};
use super::{BroadcastReport, CallbackUrl, Connections, SendError};
use crate::push::PostErrorKind;
use crate::store::{Cursor, GoneOutcome, StoreError};

/// A message on its way to many.
#[derive(Debug)]
pub(super) struct Broadcast<'a> {
    pub(super) connections: &'a Connections,
    pub(super) url: &'a CallbackUrl,
    /// The group whose members they are, if they are members of one.
    pub(super) group: Option<&'a str>,
    pub(super) except: &'a [String],
    pub(super) message: Bytes,
    pub(super) repeat: Repeat,
    pub(super) message_id: Option<String>,
}

impl Broadcast<'_> {
    /// Gives each recipient a turn, in order, with as many posts under way as the gate lets through.
    pub(super) async fn run(
        mut self,
        mut pages: Pages<'_>,
        start: Cursor,
    ) -> Result<BroadcastReport, SendError> {
        let settings = &self.connections.shared.settings;
        let report = BroadcastReport {
            rate: settings.posts_per_second,
            message_id: self.message_id.take(),
            ..BroadcastReport::default()
        };
        let waiting = Waiting::new(start, report);
        let mut workers = FuturesUnordered::new();
        let mut is_reading = true;
        loop {
            // A worker for each who waits: a group of three does not need a hundred.
            let wanted = waiting.unclaimed().min(settings.concurrency.saturating_sub(workers.len()));
            workers.extend((0..wanted).filter(|_| waiting.claim()).map(|_| self.work(&waiting)));
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
                        waiting.fail(error, self.connections.deadline());
                        is_reading = false;
                    }
                },
                else => break,
            }
        }
        drop(workers);
        waiting.end()
    }

    /// The next page, until the deadline: a stream of ids may take its time.
    async fn next_page(&self, pages: &mut Pages<'_>) -> Result<Option<Vec<Recipient>>, StoreError> {
        self.connections.within(async { pages.next().await.transpose() }).await
    }

    /// Starts those who wait, one after the other, as long as there are any: the first one is claimed already.
    async fn work(&self, waiting: &Waiting) {
        let Connections { shared, deadline, .. } = self.connections;
        loop {
            let Some(place) = shared.gate.enter(*deadline).await else { return waiting.time_is_up() };
            let Some(turn) = waiting.start() else { return };
            waiting.count(self.turn(turn.recipient(), place).await);
            if !waiting.claim() {
                return;
            }
        }
    }

    async fn turn(&self, recipient: &Recipient, place: SemaphorePermit<'_>) -> Outcome {
        let (message, id) = (self.message.clone(), recipient.connection_id());
        let post = self.connections.deliver(self.url, id, message, self.repeat, Some(place));
        match post.await.map_err(|error| error.kind()) {
            Ok(()) => Outcome::Delivered,
            // In a box: what is seldom needed would make every turn large.
            Err(PostErrorKind::Gone) => Box::pin(self.gone(id, recipient.connected_at())).await,
            Err(PostErrorKind::Throttled) => Outcome::Throttled,
            Err(PostErrorKind::UnknownOutcome) => Outcome::Unknown,
            Err(_) => Outcome::Failed,
        }
    }

    async fn gone(&self, connection_id: &str, connected_at: Option<u64>) -> Outcome {
        if connected_at.is_some_and(|at| at >= self.connections.connected_before()) {
            return Outcome::Connecting;
        }
        let record = match self.connections.remove_gone(connection_id).await {
            Ok(GoneOutcome::Removed(record)) => Some(record),
            Ok(GoneOutcome::Young) => return Outcome::Connecting,
            _ => None,
        };
        // The record names the group, unless it was cut short; without record only this row is known.
        if let (Some(group), Some(at)) = (self.group, connected_at)
            && !record.as_ref().is_some_and(|record| record.is_in(group))
        {
            self.connections.forget_groups(connection_id, at, &[group]).await;
        }
        Outcome::Gone(record)
    }
}
