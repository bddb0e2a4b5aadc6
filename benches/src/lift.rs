//! Lift in Go: builds our small program against Lift's source and runs its batches beside ours.

use crate::keys;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

#[derive(Serialize)]
struct Setup<'a> {
    event: &'a str,
    routes: BTreeMap<usize, Vec<String>>,
    lookups: BTreeMap<usize, Vec<String>>,
}

/// What one batch came to.
#[derive(Debug, Deserialize)]
pub(crate) struct Batch {
    /// Nanoseconds per operation.
    pub(crate) ns: f64,
    /// Allocations per operation.
    pub(crate) allocs: f64,
}

/// The Go program, waiting for a batch to run.
#[derive(Debug)]
pub(crate) struct Lift {
    process: Child,
    orders: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Lift {
    /// Builds and starts the program.
    ///
    /// # Errors
    ///
    /// With the reason for leaving its rows out.
    pub(crate) fn start(root: &Path, event: &str) -> Result<Self, String> {
        let program = build(root)?;
        let mut process = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("Lift: {} does not start: {error}", program.display()))?;
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().ok_or("Lift: no output")?).lines();
        let mut lift = Self { process, orders, answers };
        let routes: BTreeMap<_, _> = keys::SIZES.map(|size| (size, keys::routes(size))).into();
        let lookups = routes.iter().map(|(size, keys)| (*size, keys::lookups(keys))).collect();
        let setup =
            serde_json::to_string(&Setup { event, routes, lookups }).map_err(|error| error.to_string())?;
        lift.order(&setup)?;
        Ok(lift)
    }

    /// Runs one batch of a case.
    ///
    /// # Panics
    ///
    /// When the program has ended: its reason is on our standard error.
    pub(crate) fn batch(&mut self, case: &str) -> Batch {
        self.order(case).expect("the Go program listens");
        let line = self.answers.next().expect("the Go program answers").expect("text");
        serde_json::from_str(&line).expect("a batch")
    }

    fn order(&mut self, line: &str) -> Result<(), String> {
        let orders = self.orders.as_mut().ok_or("Lift: no input")?;
        writeln!(orders, "{line}").map_err(|error| format!("Lift: {error}"))
    }
}

impl Drop for Lift {
    fn drop(&mut self) {
        // The end of its input ends the program.
        self.orders = None;
        let _ = self.process.wait();
    }
}

/// Builds with a go.mod that also says where Lift's source is: no proxy serves the module.
fn build(root: &Path) -> Result<PathBuf, String> {
    let source = source(root)?;
    let folder = root.join("target/lift-go");
    let peer = root.join("benches/peers/lift-go");
    let program = folder.join("lift-go");
    let read =
        |path: PathBuf| std::fs::read(&path).map_err(|error| format!("Lift: {}: {error}", path.display()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("Lift: {error}"))?;
    let mut module = String::from_utf8_lossy(&read(peer.join("go.mod"))?).into_owned();
    module.push_str(&format!("\nreplace github.com/pay-theory/lift => {}\n", source.display()));
    std::fs::write(folder.join("go.mod"), module).map_err(|error| format!("Lift: {error}"))?;
    std::fs::write(folder.join("go.sum"), read(source.join("go.sum"))?)
        .map_err(|error| format!("Lift: {error}"))?;
    let built = Command::new("go")
        .current_dir(peer)
        .args(["build", "-mod=mod", "-buildvcs=false", "-modfile"])
        .arg(folder.join("go.mod"))
        .arg("-o")
        .arg(&program)
        .arg(".")
        .output();
    match built {
        Ok(built) if built.status.success() => Ok(program),
        Ok(built) => {
            Err(format!("Lift: `go build` failed: {}", String::from_utf8_lossy(&built.stderr).trim()))
        }
        Err(error) => Err(format!("Lift: `go` cannot be run ({error})")),
    }
}

fn source(root: &Path) -> Result<PathBuf, String> {
    let (folder, word) = match std::env::var_os("LIFT_SRC") {
        Some(folder) => (PathBuf::from(folder), "LIFT_SRC"),
        None => (root.join("../shared/peers/lift"), "../shared/peers/lift"),
    };
    folder
        .join("go.mod")
        .canonicalize()
        .ok()
        .and_then(|module| module.parent().map(Path::to_path_buf))
        .ok_or_else(|| {
            format!("Lift: no source in {word}; set LIFT_SRC to a checkout of github.com/pay-theory/lift")
        })
}
