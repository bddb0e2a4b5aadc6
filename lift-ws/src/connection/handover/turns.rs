//! The recipients of one page get their turns.

use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::page::Recipient;
use crate::connection::deliver::Repeat;
use crate::connection::gate::Gate;
use crate::connection::{CallbackUrl, Connections};
use crate::push::PostErrorKind;
use crate::store::{Postponed, SegmentState};

/// What all turns have in common.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    pub(super) connections: &'a Connections,
    pub(super) url: &'a CallbackUrl,
    pub(super) message: Bytes,
    pub(super) repeat: Repeat,
    /// The segment's rate.
    pub(super) pace: &'a Gate,
    /// No turn begins after this.
    pub(super) until: Instant,
}

enum Outcome<'r> {
    Delivered,
    Gone,
    Connecting,
    Throttled(&'r Recipient),
    Unknown,
    Failed,
}

impl Turns<'_> {
    /// Gives turns in order, as many at once as may be, and waits for their ends. It returns how many had one: all, or
    /// as many as there was time for. Who was throttled is not counted, but is to have another turn.
    pub(super) async fn give(&self, recipients: &[Recipient], state: &mut SegmentState) -> usize {
        let most = self.connections.shared.settings.concurrency;
        let mut under_way = FuturesUnordered::new();
        let mut begun = 0;
        for recipient in recipients {
            while under_way.len() >= most {
                if let Some(outcome) = under_way.next().await {
                    count(state, outcome);
                }
            }
            let entering = self.enter();
            let mut entering = std::pin::pin!(entering);
            let place = loop {
                tokio::select! {
                    biased;
                    Some(outcome) = under_way.next(), if !under_way.is_empty() => count(state, outcome),
                    place = &mut entering => break place,
                }
            };
            let Some(place) = place else { break };
            under_way.push(self.turn(recipient, place));
            begun += 1;
        }
        while let Some(outcome) = under_way.next().await {
            count(state, outcome);
        }
        begun
    }

    /// Waits for the segment's rate, and for a place in this environment.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let _pace = self.pace.enter(Some(self.until)).await?;
        self.connections.shared.gate.enter(Some(self.until)).await
    }

    async fn turn<'r>(&self, recipient: &'r Recipient, place: SemaphorePermit<'_>) -> Outcome<'r> {
        let id = &recipient.connection_id;
        let post = self.connections.deliver(self.url, id, self.message.clone(), self.repeat, Some(place));
        match post.await.map_err(|error| error.kind()) {
            Ok(()) => Outcome::Delivered,
            Err(PostErrorKind::Gone) => self.gone(recipient),
            Err(PostErrorKind::Throttled) => Outcome::Throttled(recipient),
            Err(PostErrorKind::UnknownOutcome) => Outcome::Unknown,
            Err(_) => Outcome::Failed,
        }
    }

    /// Its record stays: who removes one has to announce the departure, and here is nobody who could.
    fn gone<'r>(&self, recipient: &'r Recipient) -> Outcome<'r> {
        let is_young = recipient.connected_at >= self.connections.connected_before();
        if is_young { Outcome::Connecting } else { Outcome::Gone }
    }
}

/// How many are postponed at most: the list is written with each checkpoint.
const POSTPONED: usize = 256;

fn count(state: &mut SegmentState, outcome: Outcome<'_>) {
    let counts = &mut state.counts;
    *match outcome {
        Outcome::Throttled(Recipient { connection_id, connected_at, .. })
            if state.postponed.len() < POSTPONED =>
        {
            return state.postponed.push(Postponed::new(connection_id, *connected_at));
        }
        Outcome::Delivered => &mut counts.delivered,
        Outcome::Gone => &mut counts.gone,
        Outcome::Connecting => &mut counts.connecting,
        Outcome::Throttled(_) => &mut counts.throttled,
        Outcome::Unknown => &mut counts.unknown,
        Outcome::Failed => &mut counts.failed,
    } += 1;
}
