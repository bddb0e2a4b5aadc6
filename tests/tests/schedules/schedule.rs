//! One schedule: what happens to the app, drawn by lot, and what must be true when all is quiet again.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lift_ws::store::memory::MemoryStore;
use lift_ws::testing::simulation::{Simulation, sleep};

use super::ending;
use super::environments::{Call, Environments};
use super::executor;
use super::lots::Lots;
use super::promises::{Broken, Promise};
use super::store::FaultyStore;
use super::world::{Plan, State, World, enter, leave, now, scope_key, world};

/// When every schedule begins, in milliseconds since the epoch.
pub(crate) const NOON: u64 = 1_767_268_800_000;
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
    /// The number of the newest connection.
    pub(super) last: u64,
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
        self.deliver_batches();
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

    pub(super) fn somebody(&self, wanted: impl Fn(usize, State) -> bool) -> Option<String> {
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

    pub(super) fn call(&self, payload: Vec<u8>, what: &'static str, id: &str) -> Call {
        let time = world(|w| {
            let short = w.plan.short_deadlines;
            if w.lots.permille(short) { w.lots.among(210..500) } else { 30_000 }
        });
        Call { payload, what, about: id.to_owned(), deadline: now() + time }
    }

    pub(super) fn clone_for_task(&self) -> Self {
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
