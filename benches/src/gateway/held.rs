//! Many connections that are opened at once and then held, by `cargo lift-ws load` in a process of its own.

use super::dev::{Dev, described};
use super::{CASES, SECTION};
use crate::report::{Gate, Report};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The function whose `$connect` is asked for each connection.
const CASE: &super::Case = &CASES[2];
/// How long they are held.
const HELD: &str = "4s";
/// For anything that takes longer than it should.
const PATIENCE: Duration = Duration::from_secs(120);

/// Each round opens all of them anew.
const ROUNDS: usize = 3;

/// Adds the rows; `echo` is the address of a bare WebSocket server.
///
/// # Errors
///
/// When the gateway or the load does not start.
pub(super) fn measure(
    root: &Path,
    connections: usize,
    echo: &str,
    report: &mut Report,
) -> Result<(), String> {
    let (package, bin, features) = CASE.program;
    crate::build(root, package, bin, features)?;
    let program = crate::target(root).join("release").join(bin);
    let routes = crate::target(root).join("bench-routes.json");
    std::fs::write(&routes, described(&program)?).map_err(|error| error.to_string())?;
    let case = super::Case { environments: 4, concurrency: 1, ..*CASE };
    let (mut failed, mut rate, mut bare, mut each) = (0.0, 0.0_f64, 0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        let gateway = Dev::start(root, &program, &routes, &case)?;
        // Environments start, and what is made once is made.
        load(root, &gateway.address, 100, "100ms", || Ok(0.0))?;
        let before = gateway.resident()?;
        let (seen, most) = load(root, &gateway.address, connections, HELD, || gateway.resident())?;
        failed += seen.failed;
        rate = rate.max(seen.per_second);
        each = each.max((most - before) / connections as f64);
        let (of_echo, _) = load(root, echo, connections, "100ms", || Ok(0.0))?;
        if of_echo.failed > 0.0 {
            return Err(format!("the bare echo cannot hold {connections} connections: see `ulimit -n`"));
        }
        bare = bare.max(of_echo.per_second);
    }
    let name = format!("of {connections} connections, with `$connect`");
    report.figure(SECTION, format!("{name}, failed"), "", failed, Gate::AtMost(0.0));
    report.figure(SECTION, format!("{name}, opened"), "/s", rate.round(), Gate::AtLeast(5_000.0));
    report.ratio(SECTION, "  beside the bare echo, opened", "/s", rate.round(), bare.round(), Gate::None);
    report.figure(SECTION, format!("{name}, memory of each while idle"), "KiB", each, Gate::AtMost(25.0));
    Ok(())
}

struct Seen {
    failed: f64,
    /// How many were opened per second.
    per_second: f64,
}

impl Seen {
    fn of(report: &Value, connections: usize) -> Result<Self, String> {
        let (opened, lost) = (&report["connections"]["opened"], &report["connections"]["lost"]);
        let lost = lost.as_object().into_iter().flat_map(|lost| lost.values()).filter_map(Value::as_f64);
        Ok(Self {
            failed: connections as f64 - opened.as_f64().unwrap_or(0.0) + lost.sum::<f64>(),
            per_second: report["connections"]["openedPerSecond"].as_f64().ok_or("no rate")?,
        })
    }
}

/// What a load saw that holds connections, and the highest memory meanwhile, in KiB.
fn load(
    root: &Path,
    address: &str,
    connections: usize,
    held: &str,
    resident: impl Fn() -> Result<f64, String>,
) -> Result<(Seen, f64), String> {
    let mut load = Command::new(crate::target(root).join("release/cargo-lift-ws"))
        .args(["lift-ws", "load", address, "--json", "-", "--duration", held])
        .args(["--connections", &connections.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cargo-lift-ws: {error}"))?;
    let (begun, mut most) = (Instant::now(), 0.0_f64);
    while load.try_wait().map_err(|error| error.to_string())?.is_none() {
        most = most.max(resident()?);
        if begun.elapsed() > PATIENCE {
            let _ = load.kill();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut json = String::new();
    load.stdout.take().ok_or("no output")?.read_to_string(&mut json).map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_str(&json).map_err(|error| format!("the load failed: {error}"))?;
    Ok((Seen::of(&report, connections)?, most))
}
