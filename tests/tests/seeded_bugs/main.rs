//! Do the random schedules find bugs? Each bug below is put into a copy of `lift-ws`, and they must find it.
//!
//! `cargo test --test seeded_bugs -- --ignored` runs all of them; `LIFT_WS_BUG=…` one, or several with commas between
//! them. Each costs one build of the copy, without the AWS SDK, in `target/seeded-bugs`: minutes for all of them, hence
//! not part of every run.

mod bugs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use self::bugs::{BUGS, Bug};

/// Some schedules are found soon, some late; this many are run before a bug counts as not found.
const SCHEDULES: &str = "10000";

#[test]
#[ignore = "`bash .ci/run seeded_bugs` runs it: it builds a copy of lift-ws for each bug, which takes minutes"]
#[allow(clippy::print_stdout, reason = "who runs it wants to see what was found")]
fn the_schedules_find_every_seeded_bug() {
    let copy = Copy::make();
    assert!(copy.run().status.success(), "without a bug nothing is found");
    let only = std::env::var("LIFT_WS_BUG").ok();
    let mut missed = Vec::new();
    for bug in BUGS
        .iter()
        .filter(|bug| only.as_ref().is_none_or(|only| only.split(',').any(|name| name == bug.name)))
    {
        let found = copy.with(bug, Copy::run);
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
    for bug in BUGS {
        let source =
            fs::read_to_string(root().join("lift-ws/src").join(bug.file)).expect("the file is there");
        assert_eq!(source.matches(bug.right).count(), 1, "`{}` has its place once in {}", bug.name, bug.file);
        assert_ne!(bug.right, bug.wrong);
    }
}

/// The promise that a run found broken. A copy that does not build has found nothing.
fn promise_in(run: &Output) -> Option<String> {
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    let promise = said.split("a promise is broken, ").nth(1)?;
    Some(promise.lines().next()?.to_owned())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A workspace of lift-ws, its macros and the schedules, to be spoilt.
struct Copy(PathBuf);

impl Copy {
    fn make() -> Self {
        let (root, copy) = (root(), root().join("target/seeded-bugs"));
        for part in ["lift-ws", "lift-ws-macros"] {
            let _ = fs::remove_dir_all(copy.join(part));
            copy_folder(&root.join(part), &copy.join(part));
        }
        // what the copied crates include from around them
        fs::copy(root.join("README.md"), copy.join("README.md")).expect("the README is copied");
        fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).expect("the versions are copied");
        let workspace = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace's manifest");
        let (head, rest) = workspace.split_once("members = [").expect("it has members");
        let (_, rest) = rest.split_once("]\n").expect("the list ends");
        let members = r#"members = ["lift-ws", "lift-ws-macros", "schedules"]"#;
        fs::write(copy.join("Cargo.toml"), format!("{head}{members}\n{rest}"))
            .expect("a manifest is written");
        fs::create_dir_all(copy.join("schedules/src")).expect("a folder is made");
        fs::write(copy.join("schedules/src/lib.rs"), "").expect("a file is written");
        let schedules = root.join("tests/tests/schedules/main.rs");
        fs::write(copy.join("schedules/Cargo.toml"), manifest(&schedules)).expect("a manifest is written");
        Self(copy)
    }

    /// Runs the schedules over the copy as it is.
    fn run(&self) -> Output {
        Command::new(env!("CARGO"))
            .args([
                "test",
                "--package",
                "schedules",
                "--test",
                "schedules",
                "--",
                "no_schedule_breaks_a_promise",
            ])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .env("LIFT_WS_SCHEDULES", SCHEDULES)
            .output()
            .expect("cargo runs")
    }

    fn with<T>(&self, bug: &Bug, f: impl FnOnce(&Self) -> T) -> T {
        let file = self.0.join("lift-ws/src").join(bug.file);
        let source = fs::read_to_string(&file).expect("the file is there");
        fs::write(&file, source.replacen(bug.right, bug.wrong, 1)).expect("it can be written");
        let outcome = f(self);
        fs::write(&file, source).expect("it can be written");
        outcome
    }
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

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    for entry in fs::read_dir(from).expect("it is a folder") {
        let entry = entry.expect("it can be read");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file is copied");
        }
    }
}
