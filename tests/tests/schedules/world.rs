//! What really happens in a schedule, seen from outside: connections, invocations, rows, posts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use lift_ws::connection::{BroadcastId, Clock, Record, SystemClock};

use super::audience::{Audience, Telling};
use super::executor::{self, TaskId};
use super::lots::Lots;
use super::promises::{Broken, Promise};

/// Two stages on one table.
pub(crate) const SCOPES: [(&str, &str); 2] = [("a1b2c3", "prod"), ("a1b2c3", "test")];
pub(crate) const GROUPS: [&str; 3] = ["red", "green", "blue"];
pub(crate) const USERS: [&str; 3] = ["ann", "bob", "cyd"];
pub(crate) const TENANTS: [&str; 2] = ["acme", "zoo"];

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Looks at the world, or changes it. Not across an `await`.
pub(crate) fn world<T>(f: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| f(world.as_mut().expect("a schedule runs")))
}

pub(crate) fn enter(world: World) {
    WORLD.set(Some(world));
}

pub(crate) fn leave() -> Option<World> {
    WORLD.take()
}

/// The virtual time of day, in milliseconds.
pub(crate) fn now() -> u64 {
    SystemClock.now()
}

pub(crate) fn scope_key(scope: usize) -> String {
    format!("{}/{}", SCOPES[scope].0, SCOPES[scope].1)
}

/// How much goes wrong, in a thousand calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) store_faults: u64,
    pub(crate) post_faults: u64,
    pub(crate) crashes: u64,
    pub(crate) short_deadlines: u64,
    pub(crate) lost_disconnects: u64,
    /// Whether an environment takes several events at once.
    pub(crate) concurrent: bool,
    pub(crate) steps: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Handshaking,
    Open,
    Closed,
}

/// A connection as the gateway knows it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) scope: usize,
    pub(crate) connected_at: u64,
    pub(crate) user: Option<&'static str>,
    pub(crate) tenant: Option<&'static str>,
    pub(crate) groups: Vec<&'static str>,
    pub(crate) state: State,
    pub(crate) opened_at: Option<u64>,
    pub(crate) closed_at: Option<u64>,
    /// Refused by its `$connect` handler: nothing of it may ever be stored.
    pub(crate) refused: bool,
    /// `$disconnect` events that were answered.
    pub(crate) disconnects: u32,
}

impl Connection {
    /// Whether it was made more than so many milliseconds before a time.
    pub(crate) fn is_older_than(&self, millis: u64, at: u64) -> bool {
        self.connected_at + millis < at
    }

    /// Whether it was open that long before a time.
    pub(crate) fn was_open_for(&self, millis: u64, at: u64) -> bool {
        self.opened_at.is_some_and(|opened| opened + millis < at)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Put,
    Get,
    Delete,
    DeleteGone,
    Join,
    Leave,
    Members,
    RemoveMemberships,
    Connections,
    Change,
}

/// What an invocation was for, and what it asked of the store.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) environment: u64,
    pub(crate) what: &'static str,
    pub(crate) about: String,
    pub(crate) started: u64,
    pub(crate) calls: Vec<Op>,
    pub(crate) faults: u32,
    /// The removal of a record that should not have been saved failed, or took too long.
    pub(crate) withdrawal_failed: bool,
    pub(crate) touched: BTreeSet<String>,
}

/// The state of a record from some time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) from: u64,
    pub(crate) groups: Option<BTreeSet<String>>,
}

/// The joins and leaves of one connection in one group. One that fails or crashes may still come through at any time,
/// so it stays under way for ever.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    under_way: BTreeSet<u64>,
    disturbed: BTreeSet<u64>,
}

impl Changes {
    fn begin(&mut self, change: u64) {
        if !self.under_way.is_empty() {
            self.disturbed.extend(&self.under_way);
            self.disturbed.insert(change);
        }
        self.under_way.insert(change);
    }

    /// Whether it was alone.
    fn end(&mut self, change: u64) -> bool {
        self.under_way.remove(&change);
        !self.disturbed.remove(&change)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Delivered,
    Gone,
    Throttled,
    /// No answer, or one that says nothing; the message may have arrived.
    Unknown,
    Failed,
}

#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) to: String,
    pub(crate) answer: Answer,
    pub(crate) handshaking: bool,
}

/// A message to many on its way.
#[derive(Debug)]
pub(crate) struct Broadcast {
    pub(crate) scope: usize,
    pub(crate) audience: Audience,
    pub(crate) except: Option<String>,
    pub(crate) at_least_once: bool,
    /// It was handed over, and an invocation that ends in the middle repeats a page.
    pub(crate) may_repeat: bool,
    /// The id that its first copy had.
    pub(crate) message_id: Option<String>,
    /// Who belonged to its audience when it began.
    pub(crate) expected: BTreeSet<String>,
    pub(crate) started: u64,
    /// Who had a turn in an earlier call.
    pub(crate) turned: BTreeSet<String>,
}

/// A broadcast that the queue has.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) message: u64,
    pub(crate) scope: usize,
    pub(crate) id: BroadcastId,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) lots: Lots,
    pub(crate) plan: Plan,
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) invocations: BTreeMap<TaskId, Invocation>,
    pub(crate) versions: BTreeMap<String, Vec<Version>>,
    /// When a join was answered, of those who have not begun to leave.
    pub(crate) members: BTreeMap<(String, String), u64>,
    pub(crate) changes: BTreeMap<(String, String), Changes>,
    pub(crate) last_change: u64,
    /// When rows were written, for reads that may miss the newest.
    pub(crate) written: BTreeMap<(String, String), u64>,
    /// What an environment knows from its own answered joins and leaves: whether in the group, at which change.
    pub(crate) own: BTreeMap<(u64, String, String), (bool, u64)>,
    /// The last revision of a record that an environment was told, and when.
    pub(crate) revisions: BTreeMap<(u64, String), (u64, u64)>,
    pub(crate) posts: BTreeMap<u64, Vec<Try>>,
    pub(crate) broadcasts: BTreeMap<u64, Broadcast>,
    /// Broadcasts that have to go on where they stopped.
    pub(crate) continuations: Vec<Telling>,
    pub(crate) handed: Vec<Handed>,
    pub(crate) last_speaker: Option<String>,
    pub(crate) to_close: Vec<String>,
    pub(crate) announced: BTreeMap<String, u32>,
    /// Records that a removal handed out and nobody has announced yet, with the invocation that has them.
    pub(crate) owed: BTreeMap<String, Option<TaskId>>,
    /// Connections about which a fault or a crash may have left rows.
    pub(crate) tainted: BTreeSet<String>,
    pub(crate) last_message: u64,
    pub(crate) broken: Option<Broken>,
    pub(crate) trace: Option<Vec<String>>,
    pub(crate) calls: u64,
}

impl World {
    pub(crate) fn new(lots: Lots, plan: Plan, traced: bool) -> Self {
        Self {
            lots,
            plan,
            connections: BTreeMap::new(),
            invocations: BTreeMap::new(),
            versions: BTreeMap::new(),
            members: BTreeMap::new(),
            changes: BTreeMap::new(),
            last_change: 0,
            written: BTreeMap::new(),
            own: BTreeMap::new(),
            revisions: BTreeMap::new(),
            posts: BTreeMap::new(),
            broadcasts: BTreeMap::new(),
            continuations: Vec::new(),
            handed: Vec::new(),
            last_speaker: None,
            to_close: Vec::new(),
            announced: BTreeMap::new(),
            owed: BTreeMap::new(),
            tainted: BTreeSet::new(),
            last_message: 0,
            broken: None,
            trace: traced.then(Vec::new),
            calls: 0,
        }
    }

    /// The first promise that is broken ends the schedule.
    pub(crate) fn broken(&mut self, promise: Promise, how: impl FnOnce() -> String) {
        if self.broken.is_none() {
            let how = how();
            self.note(|| format!("BROKEN {promise:?}: {how}"));
            self.broken = Some(Broken { promise, how });
        }
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let task = executor::current().unwrap_or(0);
            trace.push(format!("{:>9} ms  task {task:<4} {}", now() - super::schedule::NOON, line()));
        }
    }

    pub(crate) fn state(&self, id: &str) -> Option<State> {
        self.connections.get(id).map(|connection| connection.state)
    }

    pub(crate) fn next_message(&mut self) -> u64 {
        self.last_message += 1;
        self.last_message
    }

    pub(crate) fn invocation(&mut self) -> Option<&mut Invocation> {
        self.invocations.get_mut(&executor::current()?)
    }

    /// The environment that has its turn.
    pub(crate) fn environment(&mut self) -> u64 {
        self.invocation().map_or(0, |invocation| invocation.environment)
    }

    pub(crate) fn taint(&mut self, id: &str) {
        self.tainted.insert(id.to_owned());
    }

    /// A write has changed, or may have changed, what is stored about a connection.
    pub(crate) fn note_version(&mut self, id: &str, record: Option<&Record>) {
        let groups: Option<BTreeSet<String>> =
            record.map(|record| record.groups().map(str::to_owned).collect());
        let versions = self.versions.entry(id.to_owned()).or_default();
        if versions.last().is_none_or(|last| last.groups != groups) {
            versions.push(Version { from: now(), groups });
        }
    }

    /// Who is certainly in a group: joined with an answer, not leaving, alive.
    pub(crate) fn certain_members(&self, scope: usize, group: &str) -> BTreeSet<String> {
        let members = self.members.keys().filter(|(_, of)| of == group).map(|(id, _)| id);
        members.filter(|id| self.is_living(id, scope)).cloned().collect()
    }

    /// The living connections of a user, or all.
    pub(crate) fn living_of(&self, scope: usize, user: Option<&str>) -> BTreeSet<String> {
        let living = self.connections.iter().filter(|(_, c)| c.scope == scope && c.state == State::Open);
        living.filter(|(_, c)| user.is_none() || c.user == user).map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn is_living(&self, id: &str, scope: usize) -> bool {
        self.connections
            .get(id)
            .is_some_and(|connection| connection.scope == scope && connection.state == State::Open)
    }

    /// A join or leave begins: what is certain about it ends. Returns which change it is.
    pub(crate) fn begin_change(&mut self, id: &str, group: &str) -> u64 {
        self.own.retain(|(_, of, in_group), _| !(of == id && in_group == group));
        self.last_change += 1;
        self.changes.entry((id.to_owned(), group.to_owned())).or_default().begin(self.last_change);
        self.last_change
    }

    /// A join or leave was answered; if it was alone all the time, it is certain what came of it.
    pub(crate) fn end_change(&mut self, id: &str, group: &str, change: u64, is_member: bool) {
        let key = (id.to_owned(), group.to_owned());
        if !self.changes.get_mut(&key).is_some_and(|changes| changes.end(change)) {
            return;
        }
        let environment = self.environment();
        self.own.insert((environment, id.to_owned(), group.to_owned()), (is_member, now()));
        if is_member {
            self.members.insert(key, now());
        }
    }

    /// An environment was told of a change of who a connection is.
    pub(crate) fn identified(&mut self, id: &str, revision: u64) {
        let environment = self.environment();
        let told = self.revisions.entry((environment, id.to_owned())).or_default();
        *told = (revision.max(told.0), now());
    }

    pub(crate) fn close(&mut self, id: &str) {
        let at = now();
        if let Some(connection) = self.connections.get_mut(id) {
            connection.state = State::Closed;
            connection.closed_at.get_or_insert(at);
        }
        self.members.retain(|(of, _), _| of != id);
        self.note(|| format!("{id} is closed"));
    }

    /// An environment has crashed or was ended: nobody knows what its invocation had done.
    pub(crate) fn crashed(&mut self, task: TaskId) {
        if let Some(invocation) = self.invocations.remove(&task) {
            self.note(|| format!("crash of {} {}", invocation.what, invocation.about));
            self.tainted.extend(invocation.touched);
            self.tainted.insert(invocation.about);
        }
        self.owed.retain(|_, by| *by != Some(task));
    }
}
