//! What the middlewares of a usual production stack add to a message, each alone and all together.

use crate::lift::Lift;
use crate::report::{Gate, Report};
use crate::rounds::{Contestant, compare};
use lift_ws_benches::stack::{
    Bare, Bounded, Counted, Known, Limited, Output, Traced, Whole, answering, log_to,
};

const SECTION: &str = "a production stack around one event (output to a buffer)";

/// What one of the stack is called here.
const ITEMS: [&str; 5] = [
    "identity required (the cached record)",
    "metrics",
    "tracing at info, a line per event",
    "a rate limit in memory",
    "a deadline",
];
const ALL: &str = "all five";
const BARE: &str = "none";

/// The most that all may add, in nanoseconds.
const MOST: f64 = 3_000.0;

/// Adds the rows.
pub(crate) fn measure(lift: Option<&mut Lift>, quick: bool, report: &mut Report) {
    const COUNT: usize = 100;
    let output = Output::default();
    log_to(&output);
    let contestants = vec![
        Contestant::new(BARE, COUNT, 1, answering::<Bare>(&output)),
        Contestant::new(ITEMS[0], COUNT, 1, answering::<Known>(&output)),
        Contestant::new(ITEMS[1], COUNT, 1, answering::<Counted>(&output)),
        Contestant::new(ITEMS[2], COUNT, 1, answering::<Traced>(&output)),
        Contestant::new(ITEMS[3], COUNT, 1, answering::<Limited>(&output)),
        Contestant::new(ITEMS[4], COUNT, 1, answering::<Bounded>(&output)),
        Contestant::new(ALL, COUNT, 1, answering::<Whole>(&output)),
    ];
    let times = compare(if quick { 300 } else { 3000 }, contestants);
    assert!(!output.is_empty(), "metrics and spans were written");
    let bare = times.of(BARE).fastest;
    for item in ITEMS {
        report.difference(SECTION, item, "ns", times.of(item).fastest, bare, Gate::None);
    }
    let all = times.of(ALL).fastest;
    report.difference(SECTION, ALL, "ns", all, bare, Gate::AtMost(MOST));
    if let Some(lift) = lift {
        of_lift(lift, all - bare, quick, report);
    }
}

/// Beside Lift's whole event under five middlewares that do nothing, in the faster of its two ways.
fn of_lift(lift: &mut Lift, added: f64, quick: bool, report: &mut Report) {
    let rounds = if quick { 20 } else { 100 };
    let cases = ["event/websocket/5", "event/generic/5"];
    let fastest = |case| (0..rounds).map(|_| lift.batch(case).ns).fold(f64::INFINITY, f64::min);
    let lift = cases.map(fastest).into_iter().fold(f64::INFINITY, f64::min);
    report.ratio(
        SECTION,
        "what all five add (peer: Lift's event under five)",
        "ns",
        added,
        lift,
        Gate::AtMost(0.25),
    );
}
