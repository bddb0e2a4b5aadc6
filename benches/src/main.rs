//! Our figures beside those of the peers, in one run, with the gates that they must keep.
//!
//! ```text
//! cargo run --release -p lift-ws-benches --bin compare [-- --quick] [--json FILE] [--compile-time] [--only SECTION]…
//! ```
//!
//! Sections: `routing`, `bytes`, `production`, `runtime-api`, `gateway`, `fanout`, `signing`, `store`, `tokens`, `compile-time`. The gates
//! are ratios: ours and the peers run in turn, so a busy machine moves both. It ends with 1 when a gate is not kept.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is the output, the progress goes beside it"
)]

mod bytes;
mod compile_time;
mod fanout;
mod figures;
mod gateway;
mod lift;
mod production;
mod report;
mod rounds;
mod routing;
mod runtime_api;
mod signing;
mod store;
mod tokens;

pub(crate) use lift_ws_benches::keys;

use lift_ws_benches::MESSAGE;
use report::Report;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: compare [--quick] [--json FILE] [--compile-time] [--only routing|bytes|production|runtime-api|gateway|fanout|signing|store|tokens|compile-time]…";

#[derive(Default)]
struct Options {
    quick: bool,
    json: Option<PathBuf>,
    compile_time: bool,
    only: Vec<String>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value\n{USAGE}"));
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--compile-time" => options.compile_time = true,
                "--json" => options.json = Some(value()?.into()),
                "--only" => options.only.push(value()?),
                _ => return Err(format!("unknown argument `{argument}`\n{USAGE}")),
            }
        }
        Ok(options)
    }

    fn wants(&self, section: &str) -> bool {
        if self.only.is_empty() {
            section != "compile-time" || self.compile_time
        } else {
            self.only.iter().any(|only| only == section)
        }
    }
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// How many gates were not kept.
fn run(options: &Options) -> Result<usize, String> {
    let root = root();
    let mut report = Report::default();
    let mut lift = None;
    if ["routing", "bytes", "production"].iter().any(|section| options.wants(section)) {
        lift = lift::Lift::start(&root, MESSAGE.trim_end()).map_err(|why| report.leave_out(why)).ok();
    }
    if options.wants("routing") {
        eprintln!("routing");
        routing::measure(lift.as_mut(), options.quick, &mut report);
    }
    if options.wants("bytes") {
        eprintln!("bytes to bytes");
        bytes::measure(&root, lift.as_mut(), options.quick, &mut report)?;
    }
    if options.wants("production") {
        eprintln!("production");
        production::measure(lift.as_mut(), options.quick, &mut report);
    }
    drop(lift);
    if options.wants("runtime-api") {
        runtime_api::measure(&root, MESSAGE.trim_end(), options.quick, &mut report)?;
    }
    if options.wants("gateway") {
        gateway::measure(&root, MESSAGE.trim_end(), options.quick, &mut report)?;
    }
    if options.wants("fanout") {
        fanout::measure(&root, options.quick, &mut report)?;
    }
    if options.wants("signing") {
        signing::measure(&root, options.quick, &mut report)?;
    }
    if options.wants("store") {
        store::measure(&root, options.quick, &mut report)?;
    }
    if options.wants("tokens") {
        tokens::measure(&root, options.quick, &mut report)?;
    }
    if options.wants("compile-time") {
        eprintln!("compile time");
        compile_time::measure(&root, &mut report)?;
    }
    println!("{}", report.table());
    let (kept, broken) = report.verdict();
    println!("{kept} gates kept, {broken} not");
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        std::fs::write(path, json).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(broken)
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Builds one binary alone, so that the features that others want do not reach it.
pub(crate) fn build(root: &Path, package: &str, bin: &str, features: &str) -> Result<(), String> {
    eprintln!("building {bin}");
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["build", "--release", "--quiet", "--package", package, "--bin", bin, "--features", features])
        .status();
    if built.is_ok_and(|status| status.success()) { Ok(()) } else { Err(format!("{bin} cannot be built")) }
}
