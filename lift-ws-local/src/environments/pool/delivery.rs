//! Giving events to environments that have polled.

use super::{InFlight, Pool, PoolAction, find};
use crate::core::Moment;
use crate::environments::request_id::{RequestIds, push_hex};
use crate::environments::{Delivery, EnvironmentId, Invocation};

impl Pool {
    /// Gives the event to the environment that has been idle longest, so that a program which keeps state in
    /// memory meets its mistake at home.
    pub(super) fn deliver(
        &mut self,
        now: Moment,
        mut invocation: Invocation,
        actions: &mut Vec<PoolAction>,
    ) -> Option<Invocation> {
        loop {
            let concurrency = self.settings.concurrency;
            let free = self.environments.iter().filter(|environment| environment.is_free(concurrency));
            let Some(id) = free.min_by_key(|environment| environment.last_used).map(|free| free.id) else {
                return Some(invocation);
            };
            invocation = self.deliver_to(now, id, invocation, actions)?;
        }
    }

    /// Gives an environment what waits, as far as it has room.
    pub(super) fn deliver_waiting(&mut self, now: Moment, id: EnvironmentId, actions: &mut Vec<PoolAction>) {
        while self.has_room(id)
            && let Some(invocation) = self.waiting.pop()
        {
            if let Some(undelivered) = self.deliver_to(now, id, invocation, actions) {
                self.waiting.give_back(undelivered);
                return;
            }
        }
    }

    fn has_room(&mut self, id: EnvironmentId) -> bool {
        let concurrency = self.settings.concurrency;
        find(&mut self.environments, id).is_some_and(|environment| environment.is_free(concurrency))
    }

    /// Gives the event back if this environment has no open poll for it.
    fn deliver_to(
        &mut self,
        now: Moment,
        id: EnvironmentId,
        mut invocation: Invocation,
        actions: &mut Vec<PoolAction>,
    ) -> Option<Invocation> {
        let concurrency = self.settings.concurrency;
        let Some(environment) = find(&mut self.environments, id) else { return Some(invocation) };
        while environment.is_free(concurrency) {
            let Some(poll) = environment.polls.pop_front() else { break };
            let delivery = Delivery {
                request_id: self.ids.next(),
                deadline: now.after(self.settings.function_timeout),
                trace_id: trace_id(now, &mut self.ids),
                event: invocation.event,
                work: invocation.work,
                source: invocation.source,
            };
            let (request, deadline) = (delivery.request_id, delivery.deadline);
            let known = delivery.work;
            match poll.send(delivery) {
                Ok(()) => {
                    self.deliveries += 1;
                    environment.last_used = self.deliveries;
                    environment.in_flight.push(request);
                    self.in_flight.insert(request, InFlight { environment: id, work: known });
                    self.deadlines.push_back((deadline, request));
                    actions.push(PoolAction::Delivered(known, id, request));
                    return None;
                }
                // That poll's connection is gone: take the event back and look for another.
                Err(back) => {
                    let Delivery { work, source, event, .. } = back;
                    invocation = Invocation { work, source, event };
                }
            }
        }
        Some(invocation)
    }
}

/// `Root=1-{seconds}-{96 bits};Parent={64 bits};Sampled=0`, as X-Ray writes it.
fn trace_id(now: Moment, ids: &mut RequestIds) -> String {
    let mut text = String::with_capacity(73);
    text.push_str("Root=1-");
    push_hex(&mut text, now.as_millis() / 1000, 8);
    text.push('-');
    ids.push_hex(&mut text);
    push_hex(&mut text, ids.number(), 8);
    text.push_str(";Parent=");
    ids.push_hex(&mut text);
    text.push_str(";Sampled=0");
    text
}
