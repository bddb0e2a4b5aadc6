//! Random schedules: ten thousand short lives of an app whose store, gateway and environments fail, drawn by lot.
//!
//! Each schedule runs an app (`app.rs`) through the real `Service` and `Connections`, in several environments with a
//! cache each, over one store (`store.rs`: the memory store behind a network that throttles, loses answers, is late,
//! gives short and empty pages) and one gateway (`gateway.rs`: it knows who lives, answers 410 to the others and during
//! handshakes, throttles, hangs, loses answers). Connections come, speak, join, leave, are closed and cut off; their
//! `$disconnect` comes soon, late, twice or never; environments crash in the middle of what they do; some invocations
//! have little time; some broadcasts are handed over to a queue, whose batches come again after a crash (`queue.rs`);
//! hours pass, rows expire. Time is virtual and one thread runs all in an order drawn by lot, so that
//! a seed gives the same schedule again, to the last poll.
//!
//! # What is promised, and checked
//!
//! | promise | says | where it is promised |
//! | --- | --- | --- |
//! | `RefusedIsNotSaved` | Of a handshake that the app refuses nothing is ever saved. | design §4 *Life*: a refused connect is never saved |
//! | `FailedSaveLeavesNothing` | A handshake that is refused because its save failed leaves nothing, unless taking it back failed as well. | issue 4, 1: save fails → handshake refused |
//! | `AcceptedIsSaved` | Who is accepted has a record, and stands in the groups that `Accept` named. | design §4 *Life*: accept → saved → 200 |
//! | `LivingHasRecord` | Nothing removes the record of a connection that lives, and no message of it is called unknown. | design §4: a 410 removes only what is older than 30 s |
//! | `YoungAreSpared` | A 410 during a handshake removes nothing, and counts as connecting. | design §4 *Sending* |
//! | `OneDeparture` | Of all who remove a record, one gets it, and it is not lost between them. | issue 4, 1: exactly one `left` whoever removes the record |
//! | `DepartedAsItWas` | Who gets it sees user and groups as they were. | issue 4, 1: one delete that returns the old item |
//! | `NothingIsLeft` | When a connection has closed, neither record nor membership stays; after a fault, not beyond the expiry. | issue 4, 3: leaving all on disconnect, left-overs by TTL |
//! | `ExpiredIsGone` | Rows that have expired count for nobody, though the table has not removed them yet. | design §4 *Table*: a key condition skips dead rows |
//! | `RowsAgree` | The record of a living connection and the groups' rows say the same. | issue 4, 3: join is one transaction |
//! | `MembersAreReached` | Who was a member before a broadcast began, and stays, has a turn in it, also if it stopped and was resumed; so has every connection of a user, a tenant, a stage that was open a second before. `members` and the lists of connections have all of them. | issue 4, 3 and 4 |
//! | `OnlyTheAudience` | Nobody gets a message to a group, user, tenant or stage who does not belong to it, nor who is excepted. | issue 4, 4 |
//! | `NeverTwice` | Nobody has two turns, and what may have arrived is not sent again; of what is handed over at most a page whose invocation ended in the middle. | design §4 *Sending*: unknown outcomes |
//! | `AtLeastOnce` | What is sent at least once is tried again while its fate is unknown, and every copy of it has one id. | design §4 *Sending*: `.at_least_once()` |
//! | `ReportIsTrue` | A report counts what the gateway saw. | issue 4, 4: outcomes told apart |
//! | `GoneAreRemoved` | A second broadcast finds none of those gone whom the first found gone. | issue 4, *Done when* |
//! | `PresenceIsTrue` | A user counts once, with all devices that are there. | issue 4, 5 |
//! | `NothingStale` | No handler sees a record that was outdated for longer than the cache's life. | issue 4, 1: bounded cache |
//! | `OwnWritesAreSeen` | An environment sees at once what it has joined and left itself. | issue 4, 1: versions |
//! | `ScopesAreApart` | Two stages on one table never see each other. | design §4: scope in every key |
//! | `CallBudget` | No event asks more of the store than its budget. | issue 4, 1: call budget |
//! | `Ends` | Everything ends, what was handed over too. | design §4: all ends before the deadline |
//!
//! A fault excuses only what it can cause: if a call about a connection failed or its answer was lost, rows of this
//! connection may stay until they expire; if an invocation crashed, the record that it had in its hands is lost.
//!
//! # Running it
//!
//! `cargo test --test schedules` runs 10,000 schedules, always the same ones. `LIFT_WS_SCHEDULES=200000` runs more.
//! A schedule that breaks a promise prints its seed; `LIFT_WS_SEED=… cargo test --test schedules` runs that one alone
//! and prints all that happened. `cargo test --test seeded_bugs -- --ignored` shows that it finds bugs.

mod app;
mod audience;
mod ending;
mod environments;
mod event;
mod executor;
mod gateway;
mod lives;
mod lots;
mod promises;
mod queue;
mod schedule;
mod store;
mod talk;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use self::lots::Lots;
use self::promises::{Broken, Promise};
use self::schedule::Outcome;

const SCHEDULES: u64 = 10_000;

#[test]
fn no_schedule_breaks_a_promise() {
    if let Some(seed) = number("LIFT_WS_SEED") {
        return replay(seed);
    }
    let schedules = number("LIFT_WS_SCHEDULES").unwrap_or(SCHEDULES);
    let next = AtomicU64::new(0);
    let first_broken = AtomicU64::new(u64::MAX);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= schedules || n > first_broken.load(Ordering::Relaxed) {
                        return;
                    }
                    if run(seed_of(n), false).broken.is_some() {
                        first_broken.fetch_min(n, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let first_broken = first_broken.into_inner();
    if first_broken < schedules {
        replay(seed_of(first_broken));
    }
}

#[test]
fn a_seed_gives_the_same_schedule_again() {
    for n in 0..20 {
        let [first, second] = [run(seed_of(n), true), run(seed_of(n), true)];
        assert!(first.trace.len() > 20, "something happens");
        assert_eq!(first.trace, second.trace);
        assert_eq!(first.fingerprint, second.fingerprint);
    }
}

/// Runs a schedule and tells what happened in it.
#[track_caller]
fn replay(seed: u64) {
    let Outcome { broken, trace, .. } = run(seed, true);
    let all = number("LIFT_WS_SEED").is_some();
    let shown = if all { trace.len() } else { trace.len().min(40) };
    let trace = trace[trace.len() - shown..].join("\n");
    match broken {
        Some(broken) => panic!(
            "a promise is broken, {broken}\n\n{trace}\n\nthe whole of it: LIFT_WS_SEED={seed} cargo test --test schedules"
        ),
        None if all => eprint_trace(&trace),
        None => panic!("the schedule of seed {seed} broke a promise, and not when it was run again"),
    }
}

#[allow(clippy::print_stderr, reason = "who asks for one schedule wants to read it")]
fn eprint_trace(trace: &str) {
    eprintln!("{trace}\n\nno promise is broken");
}

fn run(seed: u64, traced: bool) -> Outcome {
    keep_wanted_panics_quiet();
    catch_unwind(AssertUnwindSafe(|| schedule::run(seed, traced))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map_or("something panicked", String::as_str);
        let how = said.to_owned();
        let trace = world::leave().and_then(|world| world.trace).unwrap_or_default();
        Outcome { broken: Some(Broken { promise: Promise::Ends, how }), trace, fingerprint: 0 }
    })
}

/// Handlers panic because a schedule wants it; that is caught, and nobody needs to read of it.
fn keep_wanted_panics_quiet() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&app::WANTED) {
                before(panic);
            }
        }));
    });
}

fn seed_of(n: u64) -> u64 {
    Lots::new(n).draw()
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, and is `{text}`")))
}
