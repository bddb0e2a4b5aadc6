//! One MESSAGE event from bytes to bytes, in process: ours, the hand-written peer, the hand-made limit, Lift.

use crate::figures::Figures;
use crate::lift::Lift;
use crate::report::{Gate, Report};
use crate::rounds::{Contestant, Times, compare};
use lift_ws::{App, Invocation, Service};
use lift_ws_bench_hand_written::bytes_to_bytes;
use lift_ws_benches::chat::{Chat, ChatUnderFive};
use lift_ws_benches::limit::Limit;
use lift_ws_benches::{MESSAGE, now};
use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;

const SECTION: &str = "one event from bytes to bytes (771 bytes, typed body and reply)";
const OF_LIFT: [(&str, &str); 4] = [
    ("lift typed", "event/websocket/0"),
    ("lift generic", "event/generic/0"),
    ("lift typed under five", "event/websocket/5"),
    ("lift generic under five", "event/generic/5"),
];

/// Adds the rows.
///
/// # Errors
///
/// When the allocations cannot be counted.
pub(crate) fn measure(
    root: &Path,
    lift: Option<&mut Lift>,
    quick: bool,
    report: &mut Report,
) -> Result<(), String> {
    all_answer_the_same();
    let event = MESSAGE.trim_end().as_bytes();
    let times = compare(if quick { 300 } else { 3000 }, in_process(event));
    rows(&times, report);
    if let Some(lift) = lift {
        lift_rows(lift, times.of("ours").fastest, quick, report);
    }
    allocations(root, report)
}

fn in_process(event: &[u8]) -> Vec<Contestant<'_>> {
    const COUNT: usize = 100;
    let mut limit = Limit::default();
    let mut limit_answer = Vec::new();
    let context = lambda_runtime::Context::default();
    vec![
        Contestant::new("limit", COUNT, 1, move || {
            limit.respond(black_box(event), &mut limit_answer).expect("an answer");
            black_box(&limit_answer);
        }),
        Contestant::new("ours", COUNT, 1, ours::<Chat>(event)),
        Contestant::new("ours under five", COUNT, 1, ours::<ChatUnderFive>(event)),
        Contestant::new("hand-written", COUNT, 1, move || {
            black_box(now(bytes_to_bytes(black_box(event), context.clone())).expect("an answer"));
        }),
    ]
}

fn ours<A: App<State = ()>>(event: &[u8]) -> impl FnMut() {
    let service = Service::<A>::new(());
    let mut answer = Vec::new();
    move || {
        now(service.respond(black_box(event), Invocation::default(), &mut answer)).expect("an answer");
        black_box(&answer);
    }
}

fn rows(times: &Times, report: &mut Report) {
    let ours = times.of("ours").fastest;
    let against = |name: &str| times.of(name).fastest;
    report.ratio(
        SECTION,
        "alone (peer: hand-written)",
        "ns",
        ours,
        against("hand-written"),
        Gate::AtMost(0.3),
    );
    report.ratio(SECTION, "alone (peer: hand-made limit)", "ns", ours, against("limit"), Gate::AtMost(1.3));
    report.ratio(
        SECTION,
        "under 5 middlewares (peer: ours alone)",
        "ns",
        against("ours under five"),
        ours,
        Gate::AtMost(1.05),
    );
}

/// Lift in its two ways, the faster of which counts: by a typed event, where it drops the handler's reply and answers
/// "OK", and by a map, where the reply arrives.
fn lift_rows(lift: &mut Lift, ours: f64, quick: bool, report: &mut Report) {
    let lift = RefCell::new(lift);
    let contestants =
        OF_LIFT.map(|(name, case)| Contestant::timed(name, || lift.borrow_mut().batch(case).ns));
    let times = compare(if quick { 20 } else { 100 }, contestants.into());
    let faster = |names: [&str; 2]| times.of(names[0]).fastest.min(times.of(names[1]).fastest);
    let (alone, five) = (faster([OF_LIFT[0].0, OF_LIFT[1].0]), faster([OF_LIFT[2].0, OF_LIFT[3].0]));
    report.speed_up(SECTION, "alone (peer: Lift)", "ns", ours, alone, Gate::AtLeast(14.0));
    report.figure(SECTION, "Lift under 5 middlewares", "ns", five, Gate::None);
    for (name, case) in &OF_LIFT[..2] {
        report.figure(
            SECTION,
            format!("{name}: allocations"),
            "",
            lift.borrow_mut().batch(case).allocs.round(),
            Gate::None,
        );
    }
}

fn allocations(root: &Path, report: &mut Report) -> Result<(), String> {
    let counts = Figures::of_allocations(root)?;
    report.figure(SECTION, "alone: allocations", "", counts.get("ours")?, Gate::AtMost(0.0));
    report.figure(
        SECTION,
        "under 5 middlewares: allocations",
        "",
        counts.get("ours-under-five")?,
        Gate::AtMost(0.0),
    );
    report.figure(SECTION, "hand-written: allocations", "", counts.get("hand-written")?, Gate::None);
    Ok(())
}

/// A contestant that answers something else would be no peer.
fn all_answer_the_same() {
    let event = MESSAGE.trim_end().as_bytes();
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    now(Service::<Chat>::new(()).respond(event, Invocation::default(), &mut ours)).expect("an answer");
    Limit::default().respond(event, &mut limit).expect("an answer");
    assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&limit));
    let hand_written = now(bytes_to_bytes(event, lambda_runtime::Context::default())).expect("an answer");
    let body =
        |answer: &[u8]| serde_json::from_slice::<serde_json::Value>(answer).expect("JSON")["body"].clone();
    assert_eq!(body(&ours), body(&hand_written));
}
