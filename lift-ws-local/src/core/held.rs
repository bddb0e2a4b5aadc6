//! What faults hold back: messages, answers and ends of connections that come later.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;

use super::faults::{Fault, Occasion};
use super::gateway::{Connection, Draft, Gateway, Turn};
use super::ids::{ConnectionId, InvocationId};
use super::input::Outcome;
use super::timers::Timer;

/// Messages of one connection that are held at a time; more than these pass at once.
const HELD_MESSAGES: usize = 16;

/// Something that happens later.
#[derive(Debug)]
pub(super) enum Held {
    /// The function gets this event.
    Message { draft: Draft, event: Bytes },
    /// The function has answered.
    Answer { invocation: InvocationId, outcome: Outcome },
    /// The function is told of the end of a connection.
    Disconnect { id: ConnectionId, connection: Box<Connection>, code: u16, reason: String },
}

/// All that is held back, by number.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    last: u64,
    held: HashMap<u64, Held>,
    /// How many messages of each connection are held; nobody is here with none.
    messages: HashMap<ConnectionId, usize>,
}

impl HeldBack {
    fn put(&mut self, held: Held) -> u64 {
        if let Held::Message { draft, .. } = &held {
            *self.messages.entry(draft.connection.clone()).or_default() += 1;
        }
        self.last += 1;
        self.held.insert(self.last, held);
        self.last
    }

    fn take(&mut self, number: u64) -> Option<Held> {
        let held = self.held.remove(&number)?;
        if let Held::Message { draft, .. } = &held
            && let Some(count) = self.messages.get_mut(&draft.connection)
        {
            *count -= 1;
            if *count == 0 {
                self.messages.remove(&draft.connection);
            }
        }
        Some(held)
    }

    fn is_full_of(&self, connection: &ConnectionId) -> bool {
        self.messages.get(connection).is_some_and(|count| *count >= HELD_MESSAGES)
    }
}

impl Gateway {
    pub(super) fn hold(&mut self, turn: &Turn<'_>, by: Duration, held: Held) {
        let number = self.held.put(held);
        self.timers.set(turn.now.after(by), Timer::Held(number));
    }

    /// What was held back happens now.
    pub(super) fn release(&mut self, turn: &mut Turn<'_>, number: u64) {
        match self.held.take(number) {
            Some(Held::Message { draft, event }) => drop(self.invoke(turn, draft, event)),
            Some(Held::Answer { invocation, outcome }) => self.on_invoked(turn, invocation, outcome),
            Some(Held::Disconnect { id, connection, code, reason }) if self.hears_of_disconnects() => {
                self.invoke_disconnect(turn, &id, &connection, (code, &reason), 1);
            }
            // A deployment has taken the route away meanwhile.
            Some(Held::Disconnect { .. }) | None => {}
        }
    }

    /// Gives the function the event of a message, unless later ones are to overtake it.
    pub(super) fn invoke_message(&mut self, turn: &mut Turn<'_>, draft: Draft, event: Bytes) {
        if !self.faults.is_empty()
            && !self.held.is_full_of(&draft.connection)
            && let Some(met) = self.faults.meet(Occasion::MessageEvent, Some(&draft.connection))
            && let Fault::MessageShuffled(most) = met.fault
        {
            return self.hold(turn, met.part_of(most), Held::Message { draft, event });
        }
        self.invoke(turn, draft, event);
    }

    /// The function has answered; the answer may be late, or too late.
    pub(super) fn on_answer(&mut self, turn: &mut Turn<'_>, id: InvocationId, outcome: Outcome) {
        if self.faults.is_empty() {
            return self.on_invoked(turn, id, outcome);
        }
        let Some(invocation) = self.invocations.get_mut(&id).filter(|invocation| !invocation.is_answered)
        else {
            return;
        };
        match self.faults.meet(Occasion::Answer, Some(&invocation.connection)).map(|met| met.fault) {
            Some(Fault::SlowIntegration(by)) => {
                invocation.is_answered = true;
                // An answer that comes too late is never heard, so there is nothing to keep.
                if turn.now.after(by) > invocation.deadline {
                    return;
                }
                self.hold(turn, by, Held::Answer { invocation: id, outcome });
            }
            Some(Fault::IntegrationTimeout) => self.give_up_answered(turn, id),
            _ => self.on_invoked(turn, id, outcome),
        }
    }

    fn hears_of_disconnects(&self) -> bool {
        self.api.route("$disconnect").is_some()
    }

    /// The status with which a fault refuses a handshake.
    pub(super) fn faulty_status(&self, connection: &ConnectionId) -> Option<StatusCode> {
        match self.faults.meet(Occasion::Handshake, Some(connection))?.fault {
            Fault::Forbidden => Some(StatusCode::FORBIDDEN),
            Fault::ConnectThrottled => Some(StatusCode::TOO_MANY_REQUESTS),
            _ => None,
        }
    }
}
