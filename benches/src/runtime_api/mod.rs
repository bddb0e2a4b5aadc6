//! Our release binary beside the hand-written one, through the Runtime API: init, cycle, memory, size.

pub(crate) mod server;

use crate::report::{Gate, Report};
use crate::rounds::{Contestant, compare, summary};
use server::Server;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const SECTION: &str = "through the Runtime API";
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Two programs that do the same.
struct Pair {
    name: &'static str,
    ours: PathBuf,
    peer: PathBuf,
}

/// Builds the binaries and adds their rows. A quick run leaves out those with clients, whose release build takes minutes.
///
/// # Errors
///
/// When one cannot be built or does not work.
pub(crate) fn measure(root: &Path, event: &str, quick: bool, report: &mut Report) -> Result<(), String> {
    let features = if quick { &[""][..] } else { &["", "clients"] };
    for features in features {
        let pair = build(root, features)?;
        sizes(&pair, report)?;
        inits(&pair, if quick { 15 } else { 60 }, report)?;
        cycles(&pair, event, if quick { 10 } else { 60 }, report)?;
    }
    if quick {
        report.leave_out("binaries with clients, in a quick run");
    }
    Ok(())
}

fn build(root: &Path, features: &str) -> Result<Pair, String> {
    let (name, ours, peer) = match features {
        "" => ("bare", "ours", "hand-written"),
        _ => ("with clients", "ours-clients", "hand-written-clients"),
    };
    crate::build(root, "lift-ws-bench-function", ours, features)?;
    crate::build(root, "lift-ws-bench-hand-written", peer, features)?;
    let at = |name: &str| crate::target(root).join("release").join(name);
    Ok(Pair { name, ours: at(ours), peer: at(peer) })
}

fn sizes(pair: &Pair, report: &mut Report) -> Result<(), String> {
    let size = |path: &Path| std::fs::metadata(path).map(|file| file.len() as f64 / MEBIBYTE);
    let (ours, peer) = (size(&pair.ours), size(&pair.peer));
    let (ours, peer) = (ours.map_err(|e| e.to_string())?, peer.map_err(|e| e.to_string())?);
    report.ratio(SECTION, format!("{}: binary", pair.name), "MiB", ours, peer, Gate::AtMost(1.1));
    Ok(())
}

/// From spawn to the first poll, in turn.
fn inits(pair: &Pair, runs: usize, report: &mut Report) -> Result<(), String> {
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        for (program, times) in [(&pair.ours, &mut ours), (&pair.peer, &mut peer)] {
            let (function, taken) = Function::start(program)?;
            drop(function);
            times.push(taken);
        }
    }
    let (ours, peer) = (summary(ours), summary(peer));
    let name = format!("{}: spawn to first poll, fastest of {runs}", pair.name);
    report.difference(SECTION, name, "ms", ours.fastest, peer.fastest, Gate::AtMost(0.3));
    Ok(())
}

/// The time from one poll to the next with an event between, both programs in turn; then the memory at its highest.
fn cycles(pair: &Pair, event: &str, rounds: usize, report: &mut Report) -> Result<(), String> {
    const EVENTS: usize = 200;
    let (ours, _) = Function::start(&pair.ours)?;
    let (peer, _) = Function::start(&pair.peer)?;
    for function in [&ours, &peer] {
        let (answer, _) = function.cycles(event, 1)?;
        if !answer.contains("statusCode\":200") || !answer.contains("said") {
            return Err(format!("{}: unexpected answer {answer}", pair.name));
        }
    }
    let times = compare(
        rounds,
        vec![
            Contestant::timed("ours", || ours.cycles(event, EVENTS).expect("answers").1),
            Contestant::timed("peer", || peer.cycles(event, EVENTS).expect("answers").1),
        ],
    );
    let name = format!("{}: cycle per event, fastest of {rounds} × {EVENTS}", pair.name);
    report.ratio(SECTION, name, "µs", times.of("ours").fastest, times.of("peer").fastest, Gate::AtMost(1.05));
    let name = format!("{}: cycle per event, middle", pair.name);
    report.ratio(SECTION, name, "µs", times.of("ours").median, times.of("peer").median, Gate::None);
    let name = format!("{}: memory at its highest", pair.name);
    report.ratio(SECTION, name, "MiB", ours.peak_memory()?, peer.peak_memory()?, Gate::AtMost(1.1));
    Ok(())
}

/// A running function that waits for an event.
struct Function {
    process: Child,
    server: Server,
}

impl Function {
    /// Starts a function as Lambda does, and returns it with the milliseconds until it asked for an event.
    fn start(program: &Path) -> Result<(Self, f64), String> {
        let server = Server::start().map_err(|error| error.to_string())?;
        let started = Instant::now();
        let process = environment(program, server.address)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let function = Self { process, server };
        let polled = function.server.polled()?;
        Ok((function, (polled - started).as_secs_f64() * 1e3))
    }

    /// The last of `count` answers, and microseconds per cycle.
    fn cycles(&self, event: &str, count: usize) -> Result<(String, f64), String> {
        let (taken, answer) = self.server.run(event, count)?;
        Ok((String::from_utf8_lossy(&answer).into_owned(), taken.as_secs_f64() * 1e6 / count as f64))
    }

    /// Mebibytes.
    fn peak_memory(&self) -> Result<f64, String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .map_err(|e| e.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| line.to_owned())?;
        Ok(kibibytes / 1024.0)
    }
}

/// A program as Lambda would start it.
pub(crate) fn environment(program: &Path, runtime_api: SocketAddr) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("LIFT_WS_TABLE", "lift-ws-bench"),
            ("LIFT_WS_PREWARM", "0"),
        ])
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
