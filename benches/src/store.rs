//! What the connection store costs: beside the SDK's own calls, and when a record is cached.

use crate::figures::Figures;
use crate::report::{Gate, Report};
use crate::rounds::{Contestant, compare};
use lift_ws::connection::Connections;
use lift_ws::{Invocation, Service};
use lift_ws_benches::now;
use lift_ws_benches::records::{API, Records, STAGE, connections, ids, message};
use std::hint::black_box;
use std::path::Path;

const BESIDE_THE_SDK: &str = "store on DynamoDB (CPU per call, no network below; peer: the SDK's own call)";
const CACHED: &str = "a cached record (of 4,096, in no order)";

/// Adds the rows.
///
/// # Errors
///
/// When the two sides ask for different things, or cannot be built.
pub(crate) fn measure(root: &Path, quick: bool, report: &mut Report) -> Result<(), String> {
    beside_the_sdk(&Figures::beside_the_sdk(root, "store", if quick { 100 } else { 1000 })?, report)?;
    cached(if quick { 50 } else { 300 }, report);
    let count = Figures::of_allocations(root)?;
    let mut allocations = |name, of| -> Result<(), String> {
        report.figure(CACHED, name, "", count.get(of)?, Gate::AtMost(0.0));
        Ok(())
    };
    allocations("look-up: allocations", "cached-record")?;
    allocations("an event whose handler takes it: allocations", "event-with-record")
}

fn beside_the_sdk(figures: &Figures, report: &mut Report) -> Result<(), String> {
    for (name, ours, sdk) in [
        ("save of a connect's record (peer: PutItem)", "save-ours", "save-sdk"),
        ("load of a record (peer: GetItem)", "load-ours", "load-sdk"),
        ("all of a save (peer: PutItem, with our time limit)", "save-whole", "save-sdk-with-limit"),
        ("all of a load (peer: GetItem, with our time limit)", "load-whole", "load-sdk-with-limit"),
    ] {
        let (ours, sdk) = (figures.get(ours)?, figures.get(sdk)?);
        report.ratio(BESIDE_THE_SDK, name, "µs", ours, sdk, Gate::AtMost(1.05));
    }
    Ok(())
}

fn cached(rounds: usize, report: &mut Report) {
    let ids = ids();
    let conns = connections(&ids);
    let bound = conns.bind(API, STAGE);
    let service = Service::<Records>::new(()).with_connections(conns);
    let times = compare(
        rounds,
        vec![
            Contestant::new("look-up", 1, ids.len(), || look_up(&bound, &ids)),
            Contestant::new("taken", 1, ids.len(), events(&service, "take", &ids)),
            Contestant::new("passed", 1, ids.len(), events(&service, "pass", &ids)),
        ],
    );
    let fastest = |name: &str| times.of(name).fastest;
    report.figure(CACHED, "look-up by connection id", "ns", fastest("look-up"), Gate::AtMost(200.0));
    let name = "an event whose handler takes it (peer: takes nothing)";
    report.difference(CACHED, name, "ns", fastest("taken"), fastest("passed"), Gate::AtMost(200.0));
}

fn look_up(conns: &Connections, ids: &[String]) {
    for id in ids {
        let record = now(conns.record(black_box(id))).expect("the store works");
        assert!(black_box(record).is_some());
    }
}

fn events<'a>(service: &'a Service<Records>, route_key: &str, ids: &[String]) -> impl FnMut() + 'a {
    let events: Vec<Vec<u8>> = ids.iter().map(|id| message(route_key, id)).collect();
    let mut answer = Vec::new();
    move || {
        for event in &events {
            now(service.respond(black_box(event), Invocation::default(), &mut answer)).expect("an answer");
            assert_eq!(black_box(&answer), br#"{"statusCode":200}"#);
        }
    }
}
