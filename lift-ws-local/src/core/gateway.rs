//! The state machine: connections, handshakes and invocations of one API at one stage.

use std::collections::HashMap;

use bytes::Bytes;

use super::action::{Action, EventType, Finished};
use super::aging::Aged;
use super::api::{Api, Limits};
use super::authorizer::Judgement;
use super::client::Client;
use super::connection_info::{Direction, Messages};
use super::faults::Faults;
use super::handshake::Handshake;
use super::held::HeldBack;
use super::ids::{ConnectionId, Ids, InvocationId, SocketId};
use super::input::{Input, Outcome};
use super::moment::Moment;
use super::outcome::{Conclusion, Ending};
use super::throttle::Buckets;
use super::timers::{Timer, Timers};

/// One API at one stage: its connections, and the invocations that are under way.
///
/// See the [module](super) for how it is driven.
#[derive(Debug)]
pub struct Gateway {
    pub(super) api: Api,
    pub(super) ids: Ids,
    /// The open connections; a connection whose handshake is under way is not among them yet.
    pub(super) connections: HashMap<ConnectionId, Connection>,
    /// The invocations that wait for their outcome.
    pub(super) invocations: HashMap<InvocationId, Invocation>,
    /// The handshakes whose authorizer or `$connect` is under way.
    handshakes: HashMap<SocketId, InvocationId>,
    pub(super) timers: Timers,
    /// How many requests may still come.
    pub(super) buckets: Buckets,
    /// What is to go wrong.
    pub(super) faults: Faults,
    /// What faults hold back.
    pub(super) held: HeldBack,
}

/// An open connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) connected_at: Moment,
    /// When the last message went in either direction.
    pub(super) last_active_at: Moment,
    /// How many messages went either way.
    pub(super) messages: Messages,
    /// To when its timer is set.
    pub(super) due: Moment,
    /// How much longer it is said to be there, and to be idle, than it is.
    pub(super) aged: Aged,
}

impl Connection {
    pub(super) fn new(client: Client, connected_at: Moment, now: Moment) -> Self {
        Self {
            client,
            connected_at,
            last_active_at: now,
            messages: Messages::default(),
            due: now,
            aged: Aged::default(),
        }
    }

    /// When the connection was idle for too long or is too old, whichever is first (contract §6.1).
    pub(super) fn due(&self, limits: &Limits) -> Moment {
        let idle = self.aged.when_idle(self.last_active_at.after(limits.idle_timeout));
        idle.min(self.aged.when_old(self.connected_at.after(limits.connection_duration)))
    }

    pub(super) fn is_too_old(&self, limits: &Limits, now: Moment) -> bool {
        now >= self.aged.when_old(self.connected_at.after(limits.connection_duration))
    }
}

/// An event on its way through the function.
#[derive(Debug)]
pub(super) struct Invocation {
    purpose: Purpose,
    route_key: String,
    pub(super) connection: ConnectionId,
    request_id: String,
    started: Moment,
    pub(super) deadline: Moment,
    /// The function has answered, but the answer is held back.
    pub(super) is_answered: bool,
}

impl Invocation {
    fn of(draft: Draft, started: Moment, deadline: Moment) -> Self {
        let Draft { purpose, route_key, connection, request_id } = draft;
        Self { purpose, route_key, connection, request_id, started, deadline, is_answered: false }
    }
}

/// What is known of an invocation before it starts.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) purpose: Purpose,
    pub(super) route_key: String,
    pub(super) connection: ConnectionId,
    pub(super) request_id: String,
}

/// What the outcome of an invocation decides.
#[derive(Debug)]
pub(super) enum Purpose {
    /// Whether the client may go on to `$connect`.
    Authorize(Box<Handshake>),
    /// Whether the handshake succeeds.
    Connect(Box<Handshake>),
    /// What the client hears.
    Message { two_way: bool },
    /// Nothing.
    Disconnect,
}

impl Purpose {
    fn event_type(&self) -> EventType {
        match self {
            Self::Authorize(_) => EventType::Authorizer,
            Self::Connect(_) => EventType::Connect,
            Self::Message { .. } => EventType::Message,
            Self::Disconnect => EventType::Disconnect,
        }
    }
}

/// One call of [`Gateway::handle`]: the time, and where actions go.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) now: Moment,
    actions: &'a mut Vec<Action>,
}

impl Turn<'_> {
    pub(super) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

impl Gateway {
    /// A gateway without connections. All ids come from `seed`.
    #[must_use]
    pub fn new(api: Api, seed: u64) -> Self {
        Self {
            api,
            ids: Ids::new(seed),
            connections: HashMap::new(),
            invocations: HashMap::new(),
            handshakes: HashMap::new(),
            timers: Timers::default(),
            buckets: Buckets::default(),
            faults: Faults::new(seed),
            held: HeldBack::default(),
        }
    }

    /// Makes these faults happen, which may be shared with the shell and with other gateways.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// What goes wrong, and what has.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Numbers the invocations that follow from `first` on, so that several gateways can share what runs them.
    #[must_use]
    pub fn with_invocations_from(mut self, first: u64) -> Self {
        self.ids.count_invocations_from(first);
        self
    }

    /// Whether a connection of this id is open.
    #[must_use]
    pub fn is_open(&self, id: &ConnectionId) -> bool {
        self.connections.contains_key(id)
    }

    /// The API that is served.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Serves another API from now on, as after a deployment: connections stay open, and invocations that are
    /// under way are finished as they were begun.
    pub fn set_api(&mut self, api: Api) {
        self.api = api;
    }

    /// Takes in what happened at `now` and appends what is to be done.
    ///
    /// Timeouts that are due at `now` come first. Never panics, whatever the input.
    pub fn handle(&mut self, now: Moment, input: Input, actions: &mut Vec<Action>) {
        let turn = &mut Turn { now, actions };
        self.fire_timers(turn);
        match input {
            Input::Handshake { socket, request } => self.on_handshake(turn, socket, &request),
            Input::HandshakeAbandoned { socket } => self.on_handshake_abandoned(socket),
            Input::Message { connection, text } => self.on_message(turn, &connection, &text),
            Input::BadFrame { connection, fault } => self.on_bad_frame(turn, &connection, fault),
            Input::Closed { connection, code, reason } => self.on_closed(turn, &connection, code, &reason),
            Input::Lost { connection } => self.on_lost(turn, &connection),
            Input::Invoked { invocation, outcome } => self.on_answer(turn, invocation, outcome),
            Input::Disconnect { connection } => self.disconnect(turn, &connection),
            Input::Management { call, request } => self.on_management(turn, call, &request),
            Input::Fault(fault) => self.faults.inject(fault),
            Input::Aged(by) => self.age(turn, by),
            Input::Ping { connection } if self.api.readings.pings_are_activity => {
                self.put_idle_timeout_off(turn.now, &connection);
            }
            // Control frames are not activity (contract §9).
            Input::Ping { .. } | Input::Tick => {}
        }
    }

    /// When something times out next, if nothing happens before; then send [`Input::Tick`].
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Moment> {
        self.timers.next()
    }

    pub(super) fn fire_timers(&mut self, turn: &mut Turn<'_>) {
        while let Some((_, timer)) = self.timers.pop_due(turn.now) {
            match timer {
                Timer::Held(id) => self.release(turn, id),
                Timer::Invocation(id) => self.give_up(turn, id),
                Timer::Connection(id) => self.expire(turn, &id),
            }
        }
    }

    fn give_up(&mut self, turn: &mut Turn<'_>, id: InvocationId) {
        if let Some(invocation) = self.invocations.remove(&id) {
            if !invocation.is_answered {
                let connection = invocation.connection.clone();
                turn.act(Action::Abandon { invocation: id, connection });
            }
            let limit = invocation.deadline.since(invocation.started);
            self.conclude(turn, Some(id), invocation, Ending::TimedOut(limit));
        }
    }

    pub(super) fn on_invoked(&mut self, turn: &mut Turn<'_>, id: InvocationId, outcome: Outcome) {
        let Some(invocation) = self.invocations.remove(&id) else { return };
        self.timers.clear(invocation.deadline, Timer::Invocation(id));
        self.conclude(turn, Some(id), invocation, Ending::Outcome(outcome));
    }

    /// The function has answered, but the gateway had given up, as if its time had been over.
    pub(super) fn give_up_answered(&mut self, turn: &mut Turn<'_>, id: InvocationId) {
        let Some(invocation) = self.invocations.remove(&id) else { return };
        self.timers.clear(invocation.deadline, Timer::Invocation(id));
        let limit = invocation.deadline.since(invocation.started);
        self.conclude(turn, Some(id), invocation, Ending::TimedOut(limit));
    }

    fn conclude(
        &mut self,
        turn: &mut Turn<'_>,
        id: Option<InvocationId>,
        invocation: Invocation,
        ending: Ending,
    ) {
        let Invocation { purpose, route_key, connection, request_id, started, .. } = invocation;
        let (event_type, ended) = (purpose.event_type(), turn.now);
        let of = connection.clone();
        let told = |verdict| Finished {
            invocation: id,
            event_type,
            route_key,
            connection: of,
            started,
            ended,
            verdict,
        };
        match purpose {
            Purpose::Authorize(handshake) => {
                let Judgement { answer, verdict } =
                    Judgement::of(ending, &self.api.method_arn(), &self.api.readings);
                turn.act(Action::Finished(told(verdict)));
                self.forget(&handshake);
                self.conclude_authorizer(turn, handshake, answer);
            }
            Purpose::Connect(handshake) => {
                let conclusion = Conclusion::of(ending, &self.api.readings);
                turn.act(Action::Finished(told(conclusion.verdict())));
                self.forget(&handshake);
                self.conclude_connect(turn, *handshake, conclusion);
            }
            Purpose::Message { two_way } => {
                let conclusion = Conclusion::of(ending, &self.api.readings);
                turn.act(Action::Finished(told(conclusion.verdict())));
                self.conclude_message(turn, two_way, &connection, &request_id, conclusion);
            }
            Purpose::Disconnect => {
                let conclusion = Conclusion::of(ending, &self.api.readings);
                turn.act(Action::Finished(told(conclusion.verdict())));
            }
        }
    }

    /// Gives the function an event and remembers what its outcome is for; nothing, if the function may not be called,
    /// which is an outcome too.
    pub(super) fn invoke(&mut self, turn: &mut Turn<'_>, draft: Draft, event: Bytes) -> Option<InvocationId> {
        let (limit, what) = match draft.purpose {
            Purpose::Authorize(_) => (self.api.limits.integration_timeout, "authorizers/authorizer"),
            _ => (self.api.integration_timeout(&draft.route_key), draft.route_key.as_str()),
        };
        let deadline = turn.now.after(limit);
        if let Err(message) = self.api.may_invoke(what) {
            let invocation = Invocation::of(draft, turn.now, deadline);
            self.conclude(turn, None, invocation, Ending::Outcome(Outcome::Unavailable { message }));
            return None;
        }
        let id = self.ids.invocation();
        self.timers.set(deadline, Timer::Invocation(id));
        turn.act(Action::Invoke {
            invocation: id,
            event_type: draft.purpose.event_type(),
            route_key: draft.route_key.clone(),
            event,
            connection: draft.connection.clone(),
            deadline,
        });
        self.invocations.insert(id, Invocation::of(draft, turn.now, deadline));
        Some(id)
    }

    /// Gives the function an event about a handshake.
    pub(super) fn invoke_for(
        &mut self,
        turn: &mut Turn<'_>,
        handshake: Box<Handshake>,
        purpose: fn(Box<Handshake>) -> Purpose,
        event: Bytes,
    ) {
        let socket = handshake.socket;
        let (connection, request_id) = (handshake.connection.clone(), handshake.request_id.clone());
        let purpose = purpose(handshake);
        let draft = Draft { purpose, route_key: "$connect".to_owned(), connection, request_id };
        let invocation = self.invoke(turn, draft, event);
        if let (Some(socket), Some(invocation)) = (socket, invocation) {
            self.handshakes.insert(socket, invocation);
        }
    }

    /// No invocation is about this handshake any more.
    fn forget(&mut self, handshake: &Handshake) {
        if let Some(socket) = handshake.socket {
            self.handshakes.remove(&socket);
        }
    }

    /// The client of a handshake has gone; its authorizer and its `$connect` go on.
    fn on_handshake_abandoned(&mut self, socket: SocketId) {
        let Some(id) = self.handshakes.remove(&socket) else { return };
        if let Some(Invocation {
            purpose: Purpose::Authorize(handshake) | Purpose::Connect(handshake), ..
        }) = self.invocations.get_mut(&id)
        {
            handshake.socket = None;
        }
    }

    /// From now on the connection exists for messages and `@connections`.
    pub(super) fn open(&mut self, id: ConnectionId, mut connection: Connection) {
        connection.due = connection.due(&self.api.limits);
        self.timers.set(connection.due, Timer::Connection(id.clone()));
        self.connections.insert(id, connection);
    }

    /// Notes a message, which puts the idle timeout off.
    pub(super) fn note_activity(&mut self, now: Moment, id: &ConnectionId, direction: Direction) {
        if let Some(connection) = self.connections.get_mut(id) {
            connection.messages.count(direction);
            self.put_idle_timeout_off(now, id);
        }
    }

    fn put_idle_timeout_off(&mut self, now: Moment, id: &ConnectionId) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        connection.last_active_at = now;
        connection.aged.note_activity();
        let due = connection.due(&self.api.limits);
        if due != connection.due {
            self.timers.clear(connection.due, Timer::Connection(id.clone()));
            self.timers.set(due, Timer::Connection(id.clone()));
            connection.due = due;
        }
    }

    /// Forgets a connection; nothing if there is none of this id.
    pub(super) fn remove(&mut self, id: &ConnectionId) -> Option<Connection> {
        let connection = self.connections.remove(id)?;
        self.timers.clear(connection.due, Timer::Connection(id.clone()));
        Some(connection)
    }

    /// Sends a message to a connection if it is still there.
    pub(super) fn send(&mut self, turn: &mut Turn<'_>, id: &ConnectionId, text: String) {
        if self.connections.contains_key(id) {
            self.note_activity(turn.now, id, Direction::Out);
            turn.act(Action::Send { connection: id.clone(), text });
        }
    }
}
