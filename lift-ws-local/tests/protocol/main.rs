//! RFC 6455, case by case, over raw sockets: numbered and grouped as Autobahn's test suite does, and adjusted to what the contract allows
//! (text only, frames of 32 KB, messages of 128 KB; §6). Group 8 is masking, which that suite leaves out; its groups 12 and 13 are
//! compression, which is not negotiated.
//!
//! A two-way function echoes what it gets, over the Runtime API, in this process.

mod case;
mod closing;
mod fragments;
mod framing;
mod function;
mod limits;
mod pings;
mod reserved;
mod utf8;
mod wire;

use std::sync::Arc;

use lift_ws_local::Authority;

use case::Case;
use function::Echo;
use wire::{Heard, Transport, Way};

fn cases() -> Vec<Case> {
    let groups = [
        framing::cases(),
        pings::cases(),
        reserved::cases(),
        fragments::cases(),
        utf8::cases(),
        closing::cases(),
        limits::cases(),
    ];
    groups.into_iter().flatten().collect()
}

/// Runs all cases, and says all that fail.
async fn every_case_holds(way: Way) {
    let authority = Arc::new(Authority::ephemeral().unwrap());
    let mut echo = Echo::start(Arc::clone(&authority)).await;
    let mut failures = Vec::new();
    let cases = cases();
    for case in &cases {
        let transport = Transport::connect(way, echo.port(), &authority).await;
        let heard = wire::talk(transport, way, case).await;
        let told = echo.disconnected().await;
        if let Err(why) = case.judge(&heard, told) {
            failures.push(format!("{} {}: {why}", case.number, case.what));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn every_case_holds_over_tcp() {
    every_case_holds(Way::Plain).await;
}

#[tokio::test]
async fn every_case_holds_over_tls() {
    every_case_holds(Way::Tls).await;
}

#[tokio::test]
async fn every_case_holds_however_the_bytes_are_cut() {
    every_case_holds(Way::Chopped).await;
}

#[test]
fn each_case_has_a_number_of_its_own() {
    let mut numbers: Vec<_> = cases().into_iter().map(|case| case.number).collect();
    numbers.sort();
    let all = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), all);
}

#[test]
fn a_case_is_not_fooled() {
    let case = Case::new("0.0", "x", wire::text("a"), case::echo("a"));
    let heard = Heard { texts: vec!["a".to_owned()], close: Some(Some(1000)), ..Heard::default() };
    assert_eq!(case.judge(&heard, 1000), Ok(()));
    assert!(case.judge(&heard, 1006).is_err());
    assert!(case.judge(&Heard { texts: vec!["b".to_owned()], ..heard.clone() }, 1000).is_err());
    assert!(case.judge(&Heard { pongs: vec![vec![1]], ..heard.clone() }, 1000).is_err());
    assert!(case.judge(&Heard { close: Some(Some(1002)), ..heard.clone() }, 1000).is_err());
    assert!(case.judge(&Heard { fault: Some("cut".to_owned()), ..heard }, 1000).is_err());
}
