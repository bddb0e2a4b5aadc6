//! Do the random schedules find bugs? Each bug below is put into a copy of `lift-ws`, and they must find it.
//!
//! `cargo test --test seeded_bugs -- --ignored` runs all of them; `LIFT_WS_BUG=…` one, or several with commas between
//! them. Each costs one build of the copy, without the AWS SDK, in `target/seeded-bugs`: minutes for all of them, hence
//! not part of every run.

mod bugs;

use std::fs;
use std::path::Path;
use std::process::Output;

use lift_ws_tests::spoilt::{Copy, workspace};

use self::bugs::BUGS;

/// Some schedules are found soon, some late; this many are run before a bug counts as not found.
const SCHEDULES: &str = "10000";

const SPOILT: &str = "lift-ws";

#[test]
#[ignore = "`bash .ci/run seeded_bugs` runs it: it builds a copy of lift-ws for each bug, which takes minutes"]
#[allow(clippy::print_stdout, reason = "who runs it wants to see what was found")]
fn the_schedules_find_every_seeded_bug() {
    let copy = copy();
    let sound = run(&copy);
    assert!(
        sound.status.success(),
        "without a bug nothing is found, but\n{}{}",
        String::from_utf8_lossy(&sound.stdout),
        String::from_utf8_lossy(&sound.stderr)
    );
    let mut missed = Vec::new();
    for bug in BUGS.iter().filter(|bug| bug.is_wanted("LIFT_WS_BUG")) {
        let found = copy.with(SPOILT, bug, run);
        match promise_in(&found) {
            Some(promise) => println!("found  {:<44} {promise}", bug.name),
            None => {
                println!("MISSED {}\n{}", bug.name, String::from_utf8_lossy(&found.stderr));
                missed.push(bug.name);
            }
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn every_seeded_bug_fits_the_source() {
    assert!(BUGS.len() >= 10);
    BUGS.iter().for_each(|bug| bug.check(SPOILT));
}

/// The promise that a run found broken. A copy that does not build has found nothing.
fn promise_in(run: &Output) -> Option<String> {
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    let promise = said.split("a promise is broken, ").nth(1)?;
    Some(promise.lines().next()?.to_owned())
}

/// lift-ws, its macros and the schedules; and the local gateway, which cargo wants to see but does not build.
fn copy() -> Copy {
    let copy = Copy::make("seeded-bugs", &[SPOILT, "lift-ws-macros", "lift-ws-local"], &["schedules"]);
    let schedules = copy.folder().join("schedules");
    fs::create_dir_all(schedules.join("src")).expect("a folder is made");
    fs::write(schedules.join("src/lib.rs"), "").expect("a file is written");
    let source = workspace().join("tests/tests/schedules/main.rs");
    fs::write(schedules.join("Cargo.toml"), manifest(&source)).expect("a manifest is written");
    copy
}

/// Runs the schedules over the copy as it is.
fn run(copy: &Copy) -> Output {
    let one = ["test", "--package", "schedules", "--test", "schedules", "--", "no_schedule_breaks_a_promise"];
    copy.cargo(&one, &[("LIFT_WS_SCHEDULES", SCHEDULES)])
}

fn manifest(schedules: &Path) -> String {
    format!(
        r#"[package]
name = "schedules"
version = "0.0.0"
edition.workspace = true
autotests = false

[dev-dependencies]
bytes.workspace = true
futures-util.workspace = true
lift-ws = {{ workspace = true, features = ["simulation"] }}
serde.workspace = true
serde_json.workspace = true
tokio.workspace = true

[[test]]
name = "schedules"
path = {schedules:?}
"#
    )
}
