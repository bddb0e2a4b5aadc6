//! Runs the fixtures with the toolchain that their messages were written by.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The messages of another compiler differ in detail.
const TOOLCHAIN: &str = "rustc 1.95.";

/// Fixtures with more than one error, and why.
const MORE_THAN_ONE: &[(&str, &str)] = &[
    ("ws_app/several_mistakes", "it makes three mistakes"),
    ("ws_route/several_mistakes", "it makes four mistakes"),
    ("ws_middleware/next_without_impl", "rustc says, too, that a trait is not a type"),
    ("ws_app/unlisted_handler", "the function is never used, and never listed: two warnings, denied"),
    ("ws_route/hidden_lifetime", "rustc says it of the function, and of the type in generated code"),
    ("ws_route/unknown_type", "rustc says it of the function, and of the type in generated code"),
    ("ws_route/opaque_return_not_reply", "a type without a name cannot be asked whether it is a reply"),
];

/// Fixtures whose message is rustc's own, and cannot be given a note of ours.
const OF_RUSTC: &[(&str, &str)] = &[
    ("ws_app/missing_attribute", "the cure is in the documentation of `ws_app`, under Troubleshooting"),
    ("ws_app/missing_middleware_attribute", "the same"),
    ("ws_app/missing_job_attribute", "the same"),
    (
        "ws_job/two_jobs_of_one_payload",
        "two implementations of one trait; the documentation of `ws_job` says why",
    ),
    ("ws_job/payload_of_another_crate", "the same"),
    ("ws_route/middleware_missing_attribute", "the same"),
    (
        "ws_middleware/next_not_run",
        "`Future` is not our trait; the cure is in the documentation of `ws_app`, too",
    ),
    ("ws_app/unknown_handler", "there is no such function"),
];

/// Each error that the design names, and fixtures of it in different forms.
const OF_THE_DESIGN: &[(&str, &[&str])] = &[
    ("a duplicate key", &["ws_app/duplicate_key", "ws_app/duplicate_key_in_modules"]),
    ("a reserved key", &["ws_route/unknown_predefined", "ws_route/reserved_key"]),
    ("an empty key", &["ws_route/empty_key", "ws_route/empty_key_with_middleware"]),
    ("a function that is not async", &["ws_route/not_async", "ws_route/not_async_with_future"]),
    ("self", &["ws_route/with_self", "ws_route/with_owned_self"]),
    ("no extractor", &["ws_route/argument_not_extractor", "ws_route/argument_not_extractor_of_ours"]),
    ("absent middleware", &["ws_app/middleware_needs_another", "ws_app/provided_on_another_route"]),
    (
        "a missing part of the state",
        &["ws_app/missing_state_part", "ws_app/missing_state_part_of_middleware"],
    ),
    ("a reply on $disconnect", &["ws_route/reply_on_disconnect", "ws_route/opaque_reply_on_disconnect"]),
    ("too many routes", &["ws_app/over_quota", "ws_app/over_max_routes"]),
    ("no payload of a job", &["ws_job/no_job_argument", "ws_job/job_without_type"]),
    ("an argument that a job has not", &["ws_job/argument_needs_an_event", "ws_job/argument_not_available"]),
    ("a job in another list, or another in its list", &["ws_app/job_as_handler", "ws_app/handler_as_job"]),
    ("no earlier provider", &["ws_app/provided_by_nobody", "ws_app/provided_too_late"]),
];

#[test]
#[allow(clippy::print_stderr, reason = "who runs it should know")]
fn mistakes_are_explained_and_legal_code_compiles() {
    if !version().starts_with(TOOLCHAIN) {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI has {}, the messages are those of {TOOLCHAIN}",
            version()
        );
        eprintln!("skipped: the messages are those of {TOOLCHAIN}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("*/pass/*.rs");
    cases.compile_fail("*/fail/*.rs");
}

fn version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc is there, it built this test");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn one_mistake_is_one_error() {
    for (name, text) in messages() {
        let errors = text.lines().filter(|line| line.starts_with("error")).count();
        let listed = MORE_THAN_ONE.iter().any(|(file, _)| *file == name);
        assert!(if listed { errors > 1 } else { errors == 1 }, "{name} has {errors} errors:\n{text}");
    }
}

#[test]
fn every_message_says_what_to_write() {
    for (name, text) in messages() {
        let helps = text.contains("help: ") || text.contains("note: ");
        let listed = OF_RUSTC.iter().any(|(file, _)| *file == name);
        assert!(helps || listed, "{name} helps nobody:\n{text}");
    }
}

#[test]
fn every_failing_fixture_has_its_message() {
    let sources = files("rs").len();
    assert_eq!(sources, files("stderr").len());
}

#[test]
fn each_error_of_the_design_has_two_fixtures() {
    let known: Vec<_> = messages().into_iter().map(|(name, _)| name).collect();
    for (error, fixtures) in OF_THE_DESIGN {
        assert!(fixtures.len() >= 2, "{error} has too few");
        for fixture in *fixtures {
            assert!(known.iter().any(|name| name == fixture), "{error}: there is no {fixture}");
        }
    }
}

/// Name (`ws_route/not_async`) and text of all recorded messages.
fn messages() -> Vec<(String, String)> {
    let read = |path: PathBuf| {
        let folder = path.ancestors().nth(2).and_then(Path::file_name).expect("a fixture's folder");
        let stem = path.file_stem().expect("a file");
        let name = format!("{}/{}", folder.to_string_lossy(), stem.to_string_lossy());
        (name, fs::read_to_string(&path).expect("a message can be read"))
    };
    files("stderr").into_iter().map(read).collect()
}

fn files(extension: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["ws_route", "ws_job", "ws_middleware", "ws_app", "from_ref"]
        .map(|folder| root.join(folder).join("fail"));
    let paths = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("the folder is there"));
    let mut paths: Vec<_> = paths.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == extension));
    paths.sort();
    paths
}
