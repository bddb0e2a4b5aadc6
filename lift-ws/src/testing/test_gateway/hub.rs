//! The gateway's core with its clients: what is shared by the test, the handlers' tasks and the management API.

use super::journal::{Journal, What};
use crate::testing::refusal::{Refusal, reason_of, reason_of_fault};
use crate::testing::simulation;
use lift_ws_local::core::{
    Action, CallId, ConnectionId, Fault, FaultMet, Faults, Finished, Gateway, HandshakeRequest, Input,
    InvocationId, ManagementRequest, Moment, Occasion, Outcome, SocketId,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes that may wait for a client that does not read before posts to it are refused with 429 (contract §5.1), as many
/// as the local gateway lets wait.
const UNREAD_BYTES: usize = 1024 * 1024;

/// A client of the test, counted from 0.
pub(super) type ClientNo = usize;

/// An event that a task is to be made of.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) invocation: InvocationId,
    pub(super) event: Vec<u8>,
}

/// What `@connections` answers.
#[derive(Debug)]
pub(super) struct ManagementAnswer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// How a handshake stands.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Handshaking,
    Open,
    Refused(Refusal),
    Closed { code: u16, reason: String },
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) name: Arc<str>,
    pub(super) stage: Stage,
    pub(super) connection: Option<ConnectionId>,
    pub(super) subprotocol: Option<String>,
    /// All frames that were sent to it.
    pub(super) frames: Vec<Arc<str>>,
    /// How many of them the test has looked at.
    pub(super) seen: usize,
    /// Bytes that wait for it, while it does not read.
    unread: Option<usize>,
}

/// The core, behind a lock: handlers' tasks post through it.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) callback_url: String,
    pub(super) stage: String,
    /// Bytes that a client may put into one frame.
    pub(super) frame_bytes: usize,
    /// Under which the app's records are stored.
    pub(super) scope: String,
    /// What goes wrong on demand.
    pub(super) faults: Faults,
    epoch: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    core: Gateway,
    actions: Vec<Action>,
    pub(super) clients: Vec<Client>,
    connections: HashMap<ConnectionId, ClientNo>,
    starts: VecDeque<Start>,
    /// The routes of invocations that were started and have not ended, given up or not.
    running: BTreeMap<InvocationId, String>,
    answer: Option<ManagementAnswer>,
    finished: Vec<Finished>,
    /// What has come of the events of handshakes that are not answered yet.
    reasons: HashMap<ConnectionId, String>,
    /// The faults that have happened and are not in the journal yet: they are told of within the core.
    met: Arc<Mutex<Vec<FaultMet>>>,
    pub(super) journal: Journal,
}

impl Hub {
    pub(super) fn new(core: Gateway, epoch: Duration) -> Self {
        let api = core.api();
        let (faults, met) = (core.faults().clone(), Arc::<Mutex<Vec<FaultMet>>>::default());
        let tell = Arc::clone(&met);
        faults.observe(move |fault| tell.lock().unwrap_or_else(PoisonError::into_inner).push(fault.clone()));
        Self {
            callback_url: format!("https://{}/{}", api.domain_name, api.stage),
            stage: api.stage.clone(),
            frame_bytes: api.limits.frame_bytes,
            scope: format!("{}/{}", api.api_id, api.stage),
            faults,
            epoch,
            state: Mutex::new(State {
                core,
                actions: Vec::new(),
                clients: Vec::new(),
                connections: HashMap::new(),
                starts: VecDeque::new(),
                running: BTreeMap::new(),
                answer: None,
                finished: Vec::new(),
                reasons: HashMap::new(),
                met,
                journal: Journal::default(),
            }),
        }
    }

    // A panic while it is locked ends the test.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the gateway has been there.
    pub(super) fn passed() -> Duration {
        simulation::passed().unwrap_or_default()
    }

    /// The time of day.
    pub(super) fn now(&self) -> Moment {
        Moment::from_millis(0).after(self.epoch + Self::passed())
    }

    /// When something times out next, counted from the start.
    pub(super) fn next_wakeup(&self) -> Option<Duration> {
        let due = self.lock().core.next_wakeup()?;
        Some(Duration::from_millis(due.as_millis()).saturating_sub(self.epoch))
    }

    pub(super) fn tell(&self, input: Input) {
        let now = self.now();
        self.lock().handle(now, input);
    }

    /// A client begins its handshake.
    pub(super) fn begin(&self, name: Option<String>, request: HandshakeRequest) -> ClientNo {
        let now = self.now();
        let mut state = self.lock();
        let client = state.clients.len();
        let name = state.free_name(name);
        let target = match request.query.as_str() {
            "" => request.path.clone(),
            query => format!("{}?{query}", request.path),
        };
        state.clients.push(Client {
            name: Arc::clone(&name),
            stage: Stage::Handshaking,
            connection: None,
            subprotocol: None,
            frames: Vec::new(),
            seen: 0,
            unread: None,
        });
        state.journal.add_client(name);
        state.journal.note(client, What::Connects(target));
        state.handle(now, Input::Handshake { socket: socket(client), request });
        client
    }

    /// What a client does on its connection; nothing if that is over.
    pub(super) fn put(&self, client: ClientNo, what: What, input: impl FnOnce(ConnectionId) -> Input) {
        let now = self.now();
        let mut state = self.lock();
        if let Stage::Open = state.clients[client].stage
            && let Some(connection) = state.clients[client].connection.clone()
        {
            state.journal.note(client, what);
            state.handle(now, input(connection));
        }
    }

    /// The client ends the connection, with a code and a reason or without a word.
    pub(super) fn client_ends(&self, client: ClientNo, close: Option<(Option<u16>, &str)>) {
        let what = match close {
            Some((code, reason)) => What::Closes { code, reason: reason.to_owned() },
            None => What::Vanishes,
        };
        self.put(client, what, |connection| match close {
            Some((code, reason)) => Input::Closed { connection, code, reason: reason.to_owned() },
            None => Input::Lost { connection },
        });
        let mut state = self.lock();
        if let Stage::Open = state.clients[client].stage {
            let (code, reason) = close.map_or((1006, ""), |(code, reason)| (code.unwrap_or(1005), reason));
            state.clients[client].stage = Stage::Closed { code, reason: reason.to_owned() };
        }
    }

    /// Whether a client takes what is sent to it.
    pub(super) fn set_reading(&self, client: ClientNo, reads: bool) {
        let client = &mut self.lock().clients[client];
        client.unread = (!reads).then(|| client.unread.unwrap_or(0));
    }

    /// One request to `@connections`.
    pub(super) fn manage(&self, request: ManagementRequest) -> ManagementAnswer {
        let now = self.now();
        let mut state = self.lock();
        let is_post = request.method == "POST";
        // What is due comes first, so that the next message sent is this one.
        state.handle(now, Input::Tick);
        let addressed = state.addressed(&request.path);
        let is_full =
            addressed.is_some_and(|client| state.clients[client].unread.is_some_and(|n| n >= UNREAD_BYTES));
        if is_post && is_full {
            return ManagementAnswer { status: 429, body: Vec::new() };
        }
        state.handle(now, Input::Management { call: CallId(0), request });
        // The core answers at once.
        state.answer.take().unwrap_or(ManagementAnswer { status: 500, body: Vec::new() })
    }

    /// The events that came up since the last call.
    pub(super) fn take_starts(&self) -> VecDeque<Start> {
        std::mem::take(&mut self.lock().starts)
    }

    /// An invocation has ended.
    pub(super) fn invoked(&self, invocation: InvocationId, outcome: Outcome) {
        let now = self.now();
        let mut state = self.lock();
        state.running.remove(&invocation);
        state.handle(now, Input::Invoked { invocation, outcome });
    }

    /// What goes wrong with an environment now.
    pub(super) fn meet(&self, occasion: Occasion) -> Option<Fault> {
        let met = self.faults.meet(occasion, None)?;
        self.lock().note_faults();
        Some(met.fault)
    }

    /// Every event that is done with.
    pub(super) fn finished(&self) -> Vec<Finished> {
        self.lock().finished.clone()
    }
}

fn socket(client: ClientNo) -> SocketId {
    SocketId(client as u64)
}

fn client_of(socket: SocketId) -> ClientNo {
    usize::try_from(socket.0).unwrap_or(usize::MAX)
}

impl State {
    /// The routes of the handlers that have not returned.
    pub(super) fn running(&self) -> impl Iterator<Item = &str> {
        self.running.values().map(String::as_str)
    }

    fn handle(&mut self, now: Moment, input: Input) {
        let mut actions = std::mem::take(&mut self.actions);
        self.core.handle(now, input, &mut actions);
        self.note_faults();
        for action in actions.drain(..) {
            self.act(action);
        }
        self.actions = actions;
    }

    /// Writes down which faults have happened.
    pub(super) fn note_faults(&mut self) {
        let met = std::mem::take(&mut *self.met.lock().unwrap_or_else(PoisonError::into_inner));
        for fault in met {
            let client = fault.connection.as_ref().and_then(|connection| self.connections.get(connection));
            self.journal.note_fault(client.copied(), &fault);
            if let (None, Some(connection)) = (client, &fault.connection) {
                self.reasons.insert(connection.clone(), reason_of_fault(&fault));
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Accept { socket, connection, subprotocol } => {
                let client = client_of(socket);
                self.reasons.remove(&connection);
                self.connections.insert(connection.clone(), client);
                self.journal.add_connection(&connection, client);
                self.journal.note(client, What::Opens(subprotocol.clone()));
                let client = &mut self.clients[client];
                client.stage = Stage::Open;
                client.connection = Some(connection);
                client.subprotocol = subprotocol;
            }
            Action::Refuse { socket, connection, status, body, .. } => {
                let client = client_of(socket);
                let body = String::from_utf8_lossy(&body).into_owned();
                self.journal.note(client, What::Refused { status, body: body.clone() });
                let reason = self.reasons.remove(&connection);
                self.clients[client].stage = Stage::Refused(Refusal { status, body, reason });
            }
            Action::Invoke { invocation, event, route_key, .. } => {
                self.running.insert(invocation, route_key);
                self.starts.push_back(Start { invocation, event: event.to_vec() });
            }
            // The function goes on; its answer will be ignored.
            Action::Abandon { .. } => {}
            Action::Send { connection, text } => self.deliver(&connection, text.into()),
            Action::Close { connection, code, reason } => {
                if let Some(&client) = self.connections.get(&connection) {
                    self.journal.note(client, What::Closed { code, reason: reason.clone() });
                    self.clients[client].stage = Stage::Closed { code, reason };
                }
            }
            Action::Answer { status, body, .. } => {
                self.answer = Some(ManagementAnswer { status, body: body.to_vec() });
            }
            Action::Finished(finished) => {
                let client = self.connections.get(&finished.connection).copied();
                self.journal.note_finished(client, &finished);
                if let Some(reason) = reason_of(&finished) {
                    self.reasons.insert(finished.connection.clone(), reason);
                }
                self.finished.push(finished);
            }
        }
    }

    fn deliver(&mut self, connection: &ConnectionId, text: Arc<str>) {
        let Some(&client) = self.connections.get(connection) else { return };
        self.journal.note(client, What::Gets(Arc::clone(&text)));
        let client = &mut self.clients[client];
        if let Some(unread) = &mut client.unread {
            *unread += text.len();
        }
        client.frames.push(text);
    }

    /// The client whose connection a path of `@connections` names.
    fn addressed(&self, path: &str) -> Option<ClientNo> {
        let id = path.rsplit('/').next()?.replace("%3D", "=");
        self.connections.get(id.as_str()).copied()
    }

    /// Names are told apart: a second `ann` is `ann/2`.
    fn free_name(&self, wanted: Option<String>) -> Arc<str> {
        let Some(wanted) = wanted else { return format!("client-{}", self.clients.len() + 1).into() };
        let is_taken = |name: &str| self.clients.iter().any(|client| *client.name == *name);
        if !is_taken(&wanted) {
            return wanted.into();
        }
        let mut names = (2..).map(|n| format!("{wanted}/{n}"));
        names.find(|name| !is_taken(name)).unwrap_or(wanted).into()
    }
}
