//! One schedule: what happens to the app, drawn by lot, and what must be true when all is quiet again.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lift_ws::store::memory::MemoryStore;
use lift_ws::testing::simulation::{self, Simulation, sleep};

use super::app;
use super::ending;
use super::environments::{Call, Environments, begin};
use super::event;
use super::executor;
use super::lots::Lots;
use super::promises::{Broken, Promise};
use super::store::FaultyStore;
use super::world::{
    Connection, Continuation, GROUPS, Plan, SCOPES, State, USERS, World, enter, leave, now, scope_key, world,
};

/// When every schedule begins, in milliseconds since the epoch.
pub(crate) const NOON: u64 = 1_767_268_800_000;
/// The longest that a connection lasts.
const TWO_HOURS: u64 = 2 * 60 * 60 * 1_000;

/// What a schedule came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) broken: Option<Broken>,
    pub(crate) trace: Vec<String>,
    /// A fingerprint of everything that happened: the same seed gives the same.
    pub(crate) fingerprint: u64,
}

/// Runs the schedule of a seed.
pub(crate) fn run(seed: u64, traced: bool) -> Outcome {
    let mut lots = Lots::new(seed);
    let plan = plan(&mut lots);
    let simulation = Simulation::start(lots.draw(), Duration::from_millis(NOON));
    let mut order = Lots::new(lots.draw());
    enter(World::new(lots, plan, traced));
    let is_over = Rc::new(Cell::new(false));
    let end = Rc::clone(&is_over);
    executor::spawn(async move {
        Driver::new().drive().await;
        end.set(true);
    });
    let ran = executor::run(&mut order, &simulation, || is_over.get() || world(|w| w.broken.is_some()));
    if let Err(how) = ran {
        world(|w| w.broken(Promise::Ends, || how));
    }
    let world = leave().expect("it was entered");
    let fingerprint = order.draw() ^ world.lots.clone().draw() ^ world.calls;
    Outcome { broken: world.broken, trace: world.trace.unwrap_or_default(), fingerprint }
}

/// Some schedules are calm, so that nothing excuses what goes wrong; others have faults of one kind, or of all.
fn plan(lots: &mut Lots) -> Plan {
    let kind = lots.among(0..10);
    let some = |wanted: bool, rate: u64| if wanted { rate } else { 0 };
    Plan {
        store_faults: some(matches!(kind, 4 | 5 | 8 | 9), 40),
        post_faults: some(matches!(kind, 2 | 3 | 8 | 9), 120),
        crashes: some(matches!(kind, 6 | 8 | 9), 30),
        short_deadlines: some(matches!(kind, 3 | 7 | 9), 250),
        lost_disconnects: some(kind != 0, 120),
        concurrent: lots.permille(300),
        steps: lots.among(10..32),
    }
}

pub(crate) struct Driver {
    pub(crate) store: FaultyStore,
    pub(crate) environments: Environments,
    /// `$disconnect` events and handshakes on their way.
    pub(crate) under_way: Rc<Cell<u32>>,
    last: u64,
}

impl Driver {
    fn new() -> Self {
        let store = FaultyStore { rows: Arc::new(MemoryStore::new()) };
        Self { environments: Environments::new(store.clone()), store, under_way: Rc::default(), last: 0 }
    }

    async fn drive(mut self) {
        for _ in 0..world(|w| w.plan.steps) {
            self.step();
            let time = world(time_between);
            sleep(time).await;
            self.pass_on();
        }
        ending::end(&self).await;
    }

    fn step(&mut self) {
        let (action, few) = world(|w| (w.lots.among(0..100), w.connections.len() < 4));
        match action {
            _ if few => self.connect(),
            0..15 => self.connect(),
            15..65 => self.message(),
            65..71 => self.chatter(),
            71..81 => self.close_one(),
            81..87 => self.broadcast_from_outside(),
            87..90 => self.sweep(),
            _ => {
                if world(|w| {
                    let rate = w.plan.crashes * 10;
                    w.lots.permille(rate)
                }) {
                    self.environments.crash_a_busy_one();
                }
                self.message();
            }
        }
    }

    /// What the model left for later: `$disconnect` of those whom the app closed, broadcasts that stopped.
    pub(crate) fn pass_on(&self) {
        for id in world(|w| std::mem::take(&mut w.to_close)) {
            self.deliver_disconnect(&id, 1_000);
        }
        for on in world(|w| std::mem::take(&mut w.continuations)) {
            self.broadcast(on);
        }
    }

    fn connect(&mut self) {
        self.last += 1;
        let n = self.last;
        let (scope, id) = world(|w| {
            // most of them meet in one stage
            let scope = usize::from(w.lots.permille(300));
            (scope, format!("{}{n:04}=", ["Prod", "Test"][scope]))
        });
        let (user, groups, how) = world(|w| {
            let user = w.lots.permille(750).then(|| w.lots.pick(&USERS));
            let groups: Vec<&'static str> = GROUPS.iter().copied().filter(|_| w.lots.permille(450)).collect();
            let how = match w.lots.among(0..100) {
                0..76 => "accept",
                76..82 => "refuse",
                82..86 => "panic",
                86..92 => "post",
                _ => "slow",
            };
            let connection = Connection {
                scope,
                connected_at: now(),
                user,
                groups,
                state: State::Handshaking,
                opened_at: None,
                closed_at: None,
                refused: matches!(how, "refuse" | "panic"),
                disconnects: 0,
            };
            w.note(|| format!("{id} connects ({how}) as {user:?} to {:?}", connection.groups));
            let groups = connection.groups.join(",");
            w.connections.insert(id.clone(), connection);
            (user, groups, how)
        });
        let call = self.call(event::connect(&id, user, &groups, how), "$connect", &id);
        let (this, of) = (self.clone_for_task(), id.clone());
        self.under_way.set(self.under_way.get() + 1);
        self.environments.invoke(call, move |answer| {
            let status = answer.and_then(|answer| answer["statusCode"].as_u64()).unwrap_or(502);
            executor::spawn(async move { this.answered(&of, status).await });
        });
        if world(|w| w.lots.permille(50)) {
            self.abort_handshake(id);
        }
    }

    /// The client goes away before it is answered.
    fn abort_handshake(&self, id: String) {
        let this = self.clone_for_task();
        self.under_way.set(self.under_way.get() + 1);
        executor::spawn(async move {
            sleep(world(|w| w.lots.millis(0..120))).await;
            if world(|w| w.state(&id)) == Some(State::Handshaking) {
                world(|w| w.close(&id));
                this.deliver_disconnect(&id, 1_006);
            }
            this.under_way.set(this.under_way.get() - 1);
        });
    }

    /// What the function said to the handshake; the client hears it a little later.
    async fn answered(&self, id: &str, status: u64) {
        if status == 200 {
            sleep(world(
                |w| {
                    if w.lots.permille(500) { w.lots.millis(0..30) } else { w.lots.millis(30..4_000) }
                },
            ))
            .await;
        }
        self.under_way.set(self.under_way.get() - 1);
        let (scope, groups, connected_at) = world(|w| {
            let connection = &w.connections[id];
            (connection.scope, connection.groups.clone(), connection.connected_at)
        });
        if world(|w| w.state(id)) != Some(State::Handshaking) {
            return;
        }
        if status != 200 || now() - connected_at > 29_000 {
            world(|w| {
                w.note(|| format!("{id} is refused with {status}"));
                w.close(id);
            });
            return;
        }
        let record = self.store.record(&scope_key(scope), id);
        world(|w| {
            w.note(|| format!("{id} is open"));
            let Some(record) = record else {
                return w.broken(Promise::AcceptedIsSaved, || format!("{id} was accepted and has no record"));
            };
            let connection = w.connections.get_mut(id).expect("it is known");
            connection.state = State::Open;
            connection.opened_at = Some(now());
            for group in groups {
                w.members.insert((id.to_owned(), group.to_owned()), now());
                if !record.is_in(group) {
                    w.broken(Promise::AcceptedIsSaved, || {
                        format!("{id} was accepted and is not in `{group}`")
                    });
                }
            }
        });
        self.end_after_two_hours(id.to_owned(), connected_at);
    }

    fn end_after_two_hours(&self, id: String, connected_at: u64) {
        let this = self.clone_for_task();
        executor::spawn(async move {
            sleep(Duration::from_millis((connected_at + TWO_HOURS).saturating_sub(now()))).await;
            this.close(&id, 1_001);
        });
    }

    fn close(&self, id: &str, code: u16) {
        if world(|w| w.state(id)) == Some(State::Open) {
            world(|w| w.close(id));
            self.deliver_disconnect(id, code);
        }
    }

    fn close_one(&self) {
        if let Some(id) = self.somebody(|_, state| state == State::Open) {
            self.close(&id, 1_005);
        }
    }

    /// `$disconnect` comes soon, late, twice or never.
    fn deliver_disconnect(&self, id: &str, code: u16) {
        let delays = world(|w| {
            let lost = w.plan.lost_disconnects;
            if w.lots.permille(lost) {
                w.note(|| format!("{id} gets no `$disconnect`"));
                w.taint(id);
                return Vec::new();
            }
            let times = if w.lots.permille(150) { 2 } else { 1 };
            let late = w.lots.permille(120);
            (0..times)
                .map(|_| if late { w.lots.millis(5_000..1_200_000) } else { w.lots.millis(0..60) })
                .collect()
        });
        for delay in delays {
            let (this, id) = (self.clone_for_task(), id.to_owned());
            self.under_way.set(self.under_way.get() + 1);
            executor::spawn(async move {
                sleep(delay).await;
                let call = this.call(event::disconnect(&id, code), "$disconnect", &id);
                let under_way = Rc::clone(&this.under_way);
                this.environments.invoke(call, move |answer| {
                    under_way.set(under_way.get() - 1);
                    world(|w| {
                        let connection = w.connections.get_mut(&id).expect("it is known");
                        connection.disconnects += u32::from(answer.is_some());
                    });
                });
            });
        }
    }

    fn message(&self) {
        let Some(id) = self.speaker() else { return };
        let scope = world(|w| w.connections[&id].scope);
        let to = self.somebody(|of, _| of == scope).unwrap_or_default();
        let (what, group) = world(|w| {
            let what = w.lots.pick(&[
                "ping", "whoami", "whoami", "whoami", "join", "join", "join", "leave", "leave", "say", "say",
                "say", "say", "direct", "direct", "kick", "members", "presence", "identify", "list",
            ]);
            (what, w.lots.pick(&GROUPS))
        });
        let to = if what == "kick" && world(|w| w.lots.permille(600)) { String::new() } else { to };
        self.say(&id, what, group, &to);
    }

    /// One client says several things at once, and looks a little later at what has come of it.
    fn chatter(&self) {
        let Some(id) = self.speaker() else { return };
        let group = world(|w| w.lots.pick(&GROUPS));
        for _ in 0..3 {
            let what = world(|w| w.lots.pick(&["join", "leave", "identify", "whoami", "whoami"]));
            self.say(&id, what, group, "");
        }
        let this = self.clone_for_task();
        self.under_way.set(self.under_way.get() + 1);
        executor::spawn(async move {
            sleep(world(|w| w.lots.millis(100..1_000))).await;
            (0..3).for_each(|_| this.say(&id, "whoami", group, ""));
            this.under_way.set(this.under_way.get() - 1);
        });
    }

    fn say(&self, id: &str, what: &'static str, group: &str, to: &str) {
        let (except, user, opened) = world(|w| {
            let user = w.lots.pick(&["", USERS[0], USERS[1]]);
            (w.lots.permille(300), user, w.connections[id].opened_at)
        });
        let body = format!(
            r#"{{"action":"{what}","group":"{group}","except":{except},"to":"{to}","user":"{user}"}}"#
        );
        let (call, id) = (self.call(event::message(id, what, &body), what, id), id.to_owned());
        self.environments.invoke(call, move |answer| {
            let body = answer.as_ref().and_then(|answer| answer["body"].as_str()).unwrap_or_default();
            if what == "whoami" && body.contains("unknown_connection") && opened.is_some() {
                world(|w| {
                    if w.state(&id) == Some(State::Open) {
                        w.broken(Promise::LivingHasRecord, || format!("{id} lives and was called unknown"));
                    }
                });
            }
        });
    }

    /// Often the one who spoke last: a client does not wait for an answer before it says the next thing.
    fn speaker(&self) -> Option<String> {
        let last = world(|w| {
            let again = w.lots.permille(400);
            w.last_speaker.clone().filter(|id| again && w.state(id) == Some(State::Open))
        });
        let id = last.or_else(|| self.somebody(|_, state| state == State::Open))?;
        world(|w| w.last_speaker = Some(id.clone()));
        Some(id)
    }

    fn broadcast_from_outside(&self) {
        let on = world(|w| {
            let (scope, group) = (usize::from(w.lots.permille(300)), w.lots.pick(&GROUPS));
            let message = w.begin_broadcast(scope, group, None);
            Continuation { scope, group: group.to_owned(), except: None, message, cursor: String::new() }
        });
        self.broadcast(on);
    }

    /// A job of an environment of its own: it has a handle by the callback URL.
    fn broadcast(&self, on: Continuation) {
        let (api, stage) = SCOPES[on.scope];
        let conns = self.environments.connections();
        let conns = conns.at(format!("https://{api}.execute-api.eu-central-1.amazonaws.com/{stage}"));
        let time = world(|w| {
            let short = w.plan.short_deadlines;
            if w.lots.permille(short) { w.lots.millis(10..200) } else { Duration::from_secs(60) }
        });
        let conns = conns.with_deadline(simulation::now().expect("a schedule runs") + time);
        let under_way = Rc::clone(&self.under_way);
        under_way.set(under_way.get() + 1);
        executor::spawn(async move {
            let call = Call { payload: Vec::new(), what: "job", about: on.group.clone(), deadline: 0 };
            let task = executor::current().expect("it has its turn");
            begin(task, 0, &call);
            let scope = on.scope;
            let departed = app::tell(&conns, on).await;
            app::announce(&conns, scope, departed).await;
            world(|w| w.invocations.remove(&task));
            under_way.set(under_way.get() - 1);
        });
    }

    /// The table removes what has expired, some time or other.
    pub(crate) fn sweep(&self) {
        self.store.rows.sweep(now());
        let ids: Vec<(String, usize)> =
            world(|w| w.connections.iter().map(|(id, connection)| (id.clone(), connection.scope)).collect());
        for (id, scope) in ids {
            let record = self.store.record(&scope_key(scope), &id);
            world(|w| {
                if w.versions.contains_key(&id) {
                    w.note_version(&id, record.as_ref());
                }
            });
        }
    }

    fn somebody(&self, wanted: impl Fn(usize, State) -> bool) -> Option<String> {
        world(|w| {
            let ids: Vec<&String> = w
                .connections
                .iter()
                .filter(|(_, connection)| wanted(connection.scope, connection.state))
                .map(|(id, _)| id)
                .collect();
            // the youngest are where handshakes and joins are under way
            let young = w.lots.permille(300);
            let last = if young { ids.len().min(2) } else { ids.len() };
            if ids.is_empty() { None } else { Some(ids[ids.len() - 1 - w.lots.index(last)].clone()) }
        })
    }

    fn call(&self, payload: Vec<u8>, what: &'static str, id: &str) -> Call {
        let time = world(|w| {
            let short = w.plan.short_deadlines;
            if w.lots.permille(short) { w.lots.among(210..500) } else { 30_000 }
        });
        Call { payload, what, about: id.to_owned(), deadline: now() + time }
    }

    fn clone_for_task(&self) -> Self {
        Self {
            store: self.store.clone(),
            environments: self.environments.clone(),
            under_way: Rc::clone(&self.under_way),
            last: 0,
        }
    }
}

fn time_between(w: &mut World) -> Duration {
    match w.lots.among(0..100) {
        0..62 => w.lots.millis(0..25),
        62..82 => w.lots.millis(25..1_500),
        82..92 => w.lots.millis(1_500..40_000),
        92..98 => w.lots.millis(40_000..130_000),
        _ => w.lots.millis(300_000..3_000_000),
    }
}
