//! A broadcast to a group beside the SDK's client in a loop, against a management API in another process.

use crate::figures::BESIDE_THE_SDK;
use crate::report::{Gate, Report};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const SECTION: &str = "fan-out (one thread, rate lifted, the best of four concurrencies for each side)";

/// Adds the rows.
///
/// # Errors
///
/// When a side cannot be built, does not start, or fails to post.
pub(crate) fn measure(root: &Path, quick: bool, report: &mut Report) -> Result<(), String> {
    crate::build(root, BESIDE_THE_SDK, "management-api", "")?;
    crate::build(root, BESIDE_THE_SDK, "fanout", "")?;
    let release = crate::target(root).join("release");
    let (posts, rounds) = if quick { ("5000", "2") } else { ("20000", "5") };
    let run = |latency: &str, tls: Option<&Certificate>| -> Result<[Best; 2], String> {
        eprintln!("fan-out, {latency} ms{}", if tls.is_some() { ", TLS" } else { "" });
        let api = Api::start(&release, latency, tls)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut fanout = Command::new(release.join("fanout"));
        fanout.arg(format!("{scheme}://localhost:{}/prod", api.port)).args([posts, rounds]);
        if let Some(tls) = tls {
            fanout.env("SSL_CERT_FILE", &tls.certificate);
        }
        let output = fanout.stderr(Stdio::inherit()).output().map_err(|error| format!("fanout: {error}"))?;
        best(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| "fanout gave no figures".to_owned())
    };
    for (latency, at_least) in [("0", 3.0), ("5", 2.0)] {
        let [ours, sdk] = run(latency, None)?;
        let name = |what| format!("{what}, {latency} ms latency");
        report.ratio(SECTION, name("posts per second"), "/s", ours.rate, sdk.rate, Gate::AtLeast(at_least));
        let gate = if latency == "0" { Gate::AtMost(25.0) } else { Gate::None };
        report.figure(SECTION, name("CPU per post"), "µs", ours.cpu, gate);
        report.speed_up(SECTION, name("CPU per post, beside the SDK's"), "µs", ours.cpu, sdk.cpu, Gate::None);
    }
    match Certificate::make(&crate::target(root).join("bench-tls")) {
        None => report.leave_out("fan-out over TLS: no openssl to make a certificate with".to_owned()),
        Some(certificate) => {
            let [ours, sdk] = run("0", Some(&certificate))?;
            report.ratio(SECTION, "posts per second, TLS", "/s", ours.rate, sdk.rate, Gate::None);
            report.speed_up(SECTION, "CPU per post, TLS", "µs", ours.cpu, sdk.cpu, Gate::None);
        }
    }
    Ok(())
}

/// The best of one side.
#[derive(Clone, Copy)]
struct Best {
    rate: f64,
    cpu: f64,
}

/// Ours and the SDK's, from lines of `WHO CONCURRENCY POSTS_PER_SECOND MICROSECONDS`.
fn best(lines: &str) -> Option<[Best; 2]> {
    let mut sides = BTreeMap::new();
    for line in lines.lines() {
        let mut words = line.split(' ');
        let who = words.next()?;
        let [_, rate, cpu] = [words.next()?, words.next()?, words.next()?].map(|word| word.parse().ok());
        let best = sides.entry(who).or_insert(Best { rate: 0.0, cpu: f64::MAX });
        best.rate = best.rate.max(rate?);
        best.cpu = best.cpu.min(cpu?);
    }
    Some([*sides.get("ours")?, *sides.get("sdk")?])
}

struct Api {
    process: Child,
    port: u16,
}

impl Api {
    fn start(release: &Path, latency: &str, tls: Option<&Certificate>) -> Result<Self, String> {
        let mut command = Command::new(release.join("management-api"));
        command.arg(latency).stdout(Stdio::piped());
        if let Some(tls) = tls {
            command.args([&tls.certificate, &tls.key]);
        }
        let mut process = command.spawn().map_err(|error| format!("management-api: {error}"))?;
        let mut line = String::new();
        let output = process.stdout.take().ok_or("no output")?;
        let read = BufReader::new(output).read_line(&mut line);
        let mut api = Self { process, port: 0 };
        read.map_err(|error| error.to_string())?;
        api.port = line.trim().parse().map_err(|_| "management-api gave no port".to_owned())?;
        Ok(api)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate for this machine, and its key.
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn make(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).ok()?;
        let made = Self { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
        let status = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&made.key)
            .arg("-out")
            .arg(&made.certificate)
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success()).then_some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_round_of_each_side_counts() {
        let [ours, sdk] =
            best("sdk 32 10 60.5\nours 32 30 20.5\nsdk 128 12 50\nours 128 28 15.25\n").unwrap();
        assert_eq!((ours.rate, ours.cpu, sdk.rate, sdk.cpu), (30.0, 15.25, 12.0, 50.0));
        assert!(best("ours 32 30").is_none());
    }
}
