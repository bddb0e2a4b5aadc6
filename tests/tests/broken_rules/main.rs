//! Does a broken rule of API Gateway make a test fail? Each mistake below is put into a copy of the local gateway's core, and the
//! contract tests (`lift-ws-local/tests/contract`) must find it.
//!
//! `cargo test --test broken_rules -- --ignored` breaks all of them; `LIFT_WS_RULE=…` one, or several with commas between
//! them. Each costs one build of the core and of its tests, in `target/broken-rules`: hence not part of every run.

mod rules;

use std::process::Output;

use lift_ws_tests::spoilt::Copy;

use self::rules::RULES;

const SPOILT: &str = "lift-ws-local";

#[test]
#[ignore = "`bash .ci/run broken_rules` runs it: it builds a copy of the gateway for each rule, which takes minutes"]
#[allow(clippy::print_stdout, reason = "who runs it wants to see what was found")]
fn every_broken_rule_makes_a_test_fail() {
    let copy = Copy::make("broken-rules", &[SPOILT], &[]);
    let whole = run(&copy);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stdout));
    let mut missed = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.is_wanted("LIFT_WS_RULE")) {
        let broken = copy.with(SPOILT, rule, run);
        match failed_tests(&broken).as_slice() {
            [] => {
                println!("MISSED {}\n{}", rule.name, String::from_utf8_lossy(&broken.stderr));
                missed.push(rule.name);
            }
            failed => println!("found  {:<62} {:>2} failed, such as {}", rule.name, failed.len(), failed[0]),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn every_rule_fits_the_source() {
    assert!(RULES.len() >= 20);
    RULES.iter().for_each(|rule| rule.check(SPOILT));
}

/// The tests that failed. A copy that does not build has failed none.
fn failed_tests(run: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&run.stdout);
    let failed = said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    failed.map(ToOwned::to_owned).collect()
}

/// Runs the contract tests over the copy as it is: without those that look for the files of other crates.
fn run(copy: &Copy) -> Output {
    let contract = ["test", "--package", SPOILT, "--no-default-features", "--test", "contract"];
    let whole = [contract.as_slice(), &["--", "--skip", "rows::", "--skip", "fidelity::"]].concat();
    copy.cargo(&whole, &[])
}
