//! Broadcasts that are handed over: the queue that delivers them to the function, again after a crash, and what is
//! kept of them, behind the network of `store.rs`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lift_ws::connection::{BroadcastId, Connections, SendError};
use lift_ws::queue::memory::{Delivery, MemoryQueue};
use lift_ws::store::{
    BoxFuture, BroadcastStore, Claim, Claimed, ConnectionStore, SegmentState, StoreError, StoreErrorKind,
    StoredBroadcast,
};
use lift_ws::testing::simulation::sleep;
use serde_json::{Value, json};

use super::audience::{Telling, to_audience};
use super::environments::{Environments, in_a_minute, url_of};
use super::executor;
use super::promises::Promise;
use super::schedule::Driver;
use super::store::{FaultyStore, pause};
use super::world::{Handed, now, world};

/// How long a message is hidden from others; longer than an invocation can last.
const VISIBILITY: Duration = Duration::from_secs(40);

impl Driver {
    /// Hands a message over to the queue, by a program that has a handle.
    pub(super) fn hand_over(&self, telling: Telling) {
        let conns = self.environments.connections().at(url_of(telling.scope));
        let conns = conns.with_deadline(in_a_minute());
        world(|w| {
            // a segment that is cut off, or whose checkpoint fails, begins its page again
            let may_repeat = w.plan.store_faults + w.plan.crashes + w.plan.short_deadlines > 0;
            if let Some(broadcast) = w.broadcasts.get_mut(&telling.message) {
                broadcast.may_repeat = may_repeat;
            }
        });
        let under_way = Rc::clone(&self.under_way);
        under_way.set(under_way.get() + 1);
        executor::spawn(async move {
            let (scope, message) = (telling.scope, telling.message);
            let outcome = telling.send_later(&conns, &json!({"n": message})).await;
            world(|w| match outcome {
                Ok(id) => {
                    w.note(|| format!("message {message} is handed over"));
                    w.handed.push(Handed { message, scope, id });
                }
                // Nothing is enqueued before the broadcast is known to be stored.
                Err(error) => w.note(|| format!("message {message} is not handed over: {error}")),
            });
            under_way.set(under_way.get() - 1);
        });
    }

    /// Gives the function what waits in the queue, a few messages at a time.
    pub(super) fn deliver_batches(&self) {
        loop {
            let most = world(|w| w.lots.index(4) + 1);
            let batch = self.environments.queue.receive(most);
            if batch.is_empty() {
                return;
            }
            self.deliver_batch(batch);
        }
    }

    fn deliver_batch(&self, batch: Vec<Delivery>) {
        let event = MemoryQueue::event(&batch);
        if world(|w| w.lots.permille(100)) {
            // SQS delivers at least once: here twice at the same time
            let twice = self.call(event.clone(), "batch", "");
            self.environments.invoke(twice, |_| {});
        }
        let call = self.call(event, "batch", "");
        let (queue, under_way) = (Arc::clone(&self.environments.queue), Rc::clone(&self.under_way));
        under_way.set(under_way.get() + 1);
        self.environments.invoke(call, move |answer| {
            let again = Rc::clone(&under_way);
            executor::spawn(async move {
                match answer.filter(|answer| answer["batchItemFailures"] == json!([])) {
                    Some(answer) => queue.settle(batch, &answer),
                    // What has failed, or whose environment has crashed, comes back later.
                    None => {
                        sleep(VISIBILITY).await;
                        queue.abandon(batch);
                    }
                }
                again.set(again.get() - 1);
            });
        });
    }

    /// Each broadcast that was handed over is done, and everybody had a turn.
    pub(super) async fn all_handed_over_is_done(&self) {
        for Handed { message, scope, id } in world(|w| std::mem::take(&mut w.handed)) {
            let conns = self.environments.connections().at(url_of(scope));
            let is_done = matches!(conns.broadcast(&id).await, Ok(Some(status)) if status.is_complete());
            world(|w| {
                if !is_done {
                    w.broken(Promise::Ends, || format!("message {message} was handed over, and is not done"));
                }
                w.handed_over_is_done(message);
            });
        }
    }
}

impl Telling {
    async fn send_later(&self, conns: &Connections, value: &Value) -> Result<BroadcastId, SendError> {
        to_audience!(self, conns, send_later(value))
    }
}

impl Environments {
    pub(super) fn queue_is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

/// How a call about a broadcast goes wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Throttle,
    LoseAnswer,
    Silence,
}

impl FaultyStore {
    fn kept(&self) -> &dyn BroadcastStore {
        self.rows.broadcasts().expect("the memory store keeps broadcasts")
    }

    async fn about_broadcast<T>(&self, call: BoxFuture<'_, Result<T, StoreError>>) -> Result<T, StoreError> {
        let fault = world(|w| {
            w.calls += 1;
            let rate = w.plan.store_faults;
            let fault = w
                .lots
                .permille(rate)
                .then(|| w.lots.pick(&[Fault::Throttle, Fault::LoseAnswer, Fault::Silence]));
            if let Some(invocation) = w.invocation() {
                invocation.faults += u32::from(fault.is_some());
            }
            fault
        });
        pause().await;
        match fault {
            None => {
                let outcome = call.await;
                pause().await;
                outcome
            }
            Some(Fault::Throttle) => Err(StoreErrorKind::Throttled.into()),
            Some(Fault::LoseAnswer) => {
                let _ = call.await;
                Err(StoreErrorKind::Timeout.into())
            }
            Some(Fault::Silence) => std::future::pending().await,
        }
    }
}

impl BroadcastStore for FaultyStore {
    fn save<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        broadcast: &'a StoredBroadcast,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.about_broadcast(self.kept().save(scope, id, broadcast)))
    }

    fn load<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredBroadcast>, StoreError>> {
        Box::pin(self.about_broadcast(self.kept().load(scope, id)))
    }

    fn claim<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        claim: &'a Claim<'a>,
    ) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        world(|w| w.note(|| format!("segment {segment} is claimed at {}", now())));
        Box::pin(self.about_broadcast(self.kept().claim(scope, id, segment, claim)))
    }

    fn checkpoint<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        owner: &'a str,
        state: &'a SegmentState,
        release: bool,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.about_broadcast(self.kept().checkpoint(scope, id, segment, owner, state, release)))
    }

    fn segments<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SegmentState>, StoreError>> {
        Box::pin(self.about_broadcast(self.kept().segments(scope, id)))
    }
}
