//! Handing a broadcast over to the queue.

use std::time::Duration;

use bytes::Bytes;

use super::plan::{Addressees, Outline, Plan};
use crate::ambient;
use crate::backoff::Backoff;
use crate::connection::audience::Recipients;
use crate::connection::joining::check_group;
use crate::connection::listing::check_named;
use crate::connection::send::sized;
use crate::connection::sending::Sending;
use crate::connection::{Audience, BroadcastId, Connections, SendError, SendErrorKind};
use crate::queue::body::{Body, BroadcastBody};
use crate::queue::{QueueError, QueueMessage};
use crate::store::{StoreError, StoreErrorKind, StoredBroadcast, Whom};

/// How long a broadcast is kept, in seconds: a day.
const KEPT: u64 = 24 * 60 * 60;

/// The most bytes of what is stored beside the message: an item of DynamoDB has at most 400 KB, and 128 KB of them are
/// the message's.
const MAX_PLAN_BYTES: usize = 256 * 1024;

/// How often messages that the queue did not take are offered again.
const TRIES: usize = 3;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is to be handed over: whom it goes to, and how.
#[derive(Debug)]
pub(super) struct Handover<'a> {
    to: Addressees,
    sending: Sending<'a>,
    consistent: bool,
}

impl<'a> Handover<'a> {
    pub(super) fn new(audience: Audience<'a>) -> Result<Self, SendError> {
        let Audience { whom, sending } = audience;
        let (to, consistent) = match whom {
            Recipients::Group { name, consistent } => (Addressees::Group(name), consistent),
            Recipients::Listed(whose) => (whose.into(), false),
            Recipients::Ids(_) => {
                let why =
                    "a stream of ids is known to this invocation only: put the connections into a group";
                return Err(SendError::new(SendErrorKind::Queue).because(why));
            }
        };
        Ok(Self { to, sending, consistent })
    }

    /// Stores the message, then enqueues the segments.
    pub(super) async fn give(self, message: Bytes) -> Result<BroadcastId, SendError> {
        let connections = self.sending.connections;
        let message = sized(message)?;
        self.check()?;
        // asked for first: without a callback URL or a queue nothing is stored
        connections.url()?;
        connections.some_queue().map_err(queue_failure)?;
        let (scope, store) = (connections.scope_key()?, connections.broadcasts()?);
        let plan = self.plan(store.group_shards());
        let id = BroadcastId::random();
        let json = bounded(&plan)?;
        let expires_at = plan.began / 1_000 + KEPT;
        let stored = StoredBroadcast::new(json, message, plan.segments(), expires_at);
        connections.within(store.save(scope, id.as_str(), &stored)).await?;
        connections.enqueue_segments(&id, plan.segments()).await.map_err(queue_failure)?;
        Ok(id)
    }

    /// What no invocation to come could work with is refused here: there nobody would see why.
    fn check(&self) -> Result<(), StoreError> {
        match &self.to {
            Addressees::Group(name) => check_group(name)?,
            Addressees::User(user) => check_named(Whom::User(user))?,
            Addressees::Tenant(tenant) => check_named(Whom::Tenant(tenant))?,
            Addressees::All => {}
        }
        match (&self.to, &self.sending.cursor) {
            (Addressees::User(_) | Addressees::All, Some(from)) if from.shard() != 0 => {
                Err(StoreError::new(StoreErrorKind::InvalidCursor).about(from.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn plan(self, shards: u16) -> Plan {
        let Sending { connections, cursor: from, except, message_id } = self.sending;
        let settings = &connections.shared.settings;
        Plan::new(Outline {
            to: self.to,
            except,
            message_id,
            consistent: self.consistent,
            from,
            now: connections.shared.clock.now(),
            oldest: connections.oldest_living(),
            shards,
            segments: settings.broadcast_segments,
            rate: settings.broadcast_rate,
        })
    }
}

impl Connections {
    async fn enqueue_segments(&self, id: &BroadcastId, segments: u16) -> Result<(), QueueError> {
        let message = |segment| {
            let body = BroadcastBody { id: id.as_str().into(), segment, turn: 0 };
            Body::broadcast(self, body).to_json().map(QueueMessage::new)
        };
        let mut left: Vec<QueueMessage> = (0..segments).map(message).collect::<Result<_, _>>()?;
        let mut tries = TRIES;
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let answers = self.enqueue_all(&left).await?;
            let mut failure = None;
            let refused = left.into_iter().zip(answers).filter_map(|(message, answer)| {
                failure = Some(answer.err()?);
                Some(message)
            });
            left = refused.collect();
            tries -= 1;
            let pause = backoff.pause();
            match failure {
                None => return Ok(()),
                Some(failure) if tries == 0 || !self.has_time_for(pause) => {
                    return Err(failure.about(format!("broadcast {id}")));
                }
                Some(_) => ambient::sleep(pause).await,
            }
        }
    }
}

/// The plan as it is stored, in one item with the message.
fn bounded(plan: &Plan) -> Result<String, SendError> {
    let json =
        serde_json::to_string(plan).map_err(|error| SendError::new(SendErrorKind::Json).because(error))?;
    if json.len() <= MAX_PLAN_BYTES {
        return Ok(json);
    }
    let why = format!("{} connections are left out, {} bytes in all", plan.except.len(), json.len());
    Err(SendError::new(SendErrorKind::TooManyExceptions).because(why))
}

fn queue_failure(error: QueueError) -> SendError {
    SendError::new(SendErrorKind::Queue).because(error)
}
