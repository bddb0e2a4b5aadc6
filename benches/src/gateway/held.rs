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

/// Adds the rows.
///
/// # Errors
///
/// When the gateway or the load does not start.
pub(super) fn measure(root: &Path, connections: usize, report: &mut Report) -> Result<(), String> {
    let (package, bin, features) = CASE.program;
    crate::build(root, package, bin, features)?;
    let program = crate::target(root).join("release").join(bin);
    let routes = crate::target(root).join("bench-routes.json");
    std::fs::write(&routes, described(&program)?).map_err(|error| error.to_string())?;
    let case = super::Case { environments: 4, concurrency: 1, ..*CASE };
    let gateway = Dev::start(root, &program, &routes, &case)?;
    // Environments start, and what is made once is made.
    load(root, &gateway, 100, "100ms")?;
    let before = gateway.resident()?;
    let (seen, most) = load(root, &gateway, connections, HELD)?;
    let each = (most - before) / connections as f64;
    let count = |part: &Value| {
        part.as_object().into_iter().flat_map(|part| part.values()).filter_map(Value::as_f64).sum::<f64>()
    };
    let (opened, lost) = (&seen["connections"]["opened"], &seen["connections"]["lost"]);
    let name = format!("of {connections} connections, with `$connect`");
    let failed = connections as f64 - opened.as_f64().unwrap_or(0.0) + count(lost);
    report.figure(SECTION, format!("{name}, failed"), "", failed, Gate::AtMost(0.0));
    let rate = seen["connections"]["openedPerSecond"].as_f64().ok_or("no rate")?;
    report.figure(SECTION, format!("{name}, opened"), "/s", rate.round(), Gate::AtLeast(5_000.0));
    report.figure(SECTION, format!("{name}, memory of each while idle"), "KiB", each, Gate::AtMost(25.0));
    Ok(())
}

/// The report of a load that holds connections, and the gateway's highest memory meanwhile, in KiB.
fn load(root: &Path, gateway: &Dev, connections: usize, held: &str) -> Result<(Value, f64), String> {
    let mut load = Command::new(crate::target(root).join("release/cargo-lift-ws"))
        .args(["lift-ws", "load", &gateway.address, "--json", "-", "--duration", held])
        .args(["--connections", &connections.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cargo-lift-ws: {error}"))?;
    let (begun, mut most) = (Instant::now(), 0.0_f64);
    while load.try_wait().map_err(|error| error.to_string())?.is_none() {
        most = most.max(gateway.resident()?);
        if begun.elapsed() > PATIENCE {
            let _ = load.kill();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut json = String::new();
    load.stdout.take().ok_or("no output")?.read_to_string(&mut json).map_err(|error| error.to_string())?;
    Ok((serde_json::from_str(&json).map_err(|error| format!("the load failed: {error}"))?, most))
}
