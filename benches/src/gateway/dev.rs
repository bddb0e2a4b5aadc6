//! `cargo lift-ws dev` around a program.

use super::cpu::Cpu;
use super::{Case, Shares};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A gateway that serves.
pub(super) struct Dev {
    process: Child,
    program: String,
    pub(super) address: String,
}

/// The CPU that everybody has used so far.
pub(super) struct Spent {
    gateway: Cpu,
    environments: Cpu,
    clients: Cpu,
}

impl Dev {
    /// Starts a gateway and waits until it serves.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub(super) fn start(root: &Path, program: &Path, routes: &Path, case: &Case) -> Result<Self, String> {
        let mut command = Command::new(crate::target(root).join("release/cargo-lift-ws"));
        command
            .current_dir(root)
            .args(["lift-ws", "dev", "--port", "0", "--environments", &case.environments.to_string()])
            .arg("--routes")
            .args([routes, Path::new("--"), program])
            .env("AWS_LAMBDA_LOG_LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if case.concurrency > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", case.concurrency.to_string());
        }
        let mut process = command.spawn().map_err(|error| format!("cargo-lift-ws: {error}"))?;
        let output = process.stdout.take().ok_or("no output")?;
        let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut gateway = Self { process, program, address: String::new() };
        let mut lines = BufReader::new(output).lines();
        let ready = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let start = line.find("ws://")?;
            line.contains("ready").then(|| line[start..].split_whitespace().next().map(str::to_owned))?
        });
        // Whoever writes lines wants a reader.
        std::thread::spawn(move || lines.for_each(drop));
        gateway.address =
            ready.ok_or_else(|| format!("the gateway did not start: {:?}", gateway.process.wait()))?;
        Ok(gateway)
    }

    /// # Errors
    ///
    /// When the gateway has ended.
    pub(super) fn cpu(&self) -> Result<Spent, String> {
        Ok(Spent {
            gateway: Cpu::of(self.process.id())?,
            environments: Cpu::of_children(self.process.id(), &self.program),
            clients: Cpu::of(std::process::id())?,
        })
    }

    /// Resident memory in KiB.
    ///
    /// # Errors
    ///
    /// When the gateway has ended.
    pub(super) fn resident(&self) -> Result<f64, String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.map_err(|error| error.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        line.trim().trim_end_matches(" kB").parse().map_err(|_| line.to_owned())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // In order, so that it ends its environments.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

impl Spent {
    /// What each of `count` messages has taken since.
    pub(super) fn since(&self, before: &Self, count: usize) -> Shares {
        Shares {
            gateway: (self.gateway - before.gateway).per(count as f64),
            environments: (self.environments - before.environments).per(count as f64),
            clients: (self.clients - before.clients).per(count as f64),
        }
    }
}

/// The manifest that a program of ours prints.
///
/// # Errors
///
/// When it cannot be run.
pub(super) fn described(program: &Path) -> Result<Vec<u8>, String> {
    let described = Command::new(program).env("LIFT_WS_DESCRIBE", "1").output();
    Ok(described.map_err(|error| error.to_string())?.stdout)
}
