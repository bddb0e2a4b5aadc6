//! The local gateway beside what feeds the same environments without one, in two ways, and beside a WebSocket echo without any
//! gateway.
//!
//! All that is compared runs in turn, round by round, in one run; the best round of each counts. One client code talks to all.

mod clients;
mod cpu;
mod dev;
mod echo;
mod feed;
mod held;

use crate::report::{Gate, Report};
use clients::Answered;
use cpu::Cpu;
use dev::Dev;
use feed::{Fed, Feeder};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECTION: &str =
    "local gateway (release, 50 connections, each in a closed loop with one message in flight)";
const CONNECTIONS: usize = 50;
const ECHO: &str = r#"{"action":"sendMessage","room":"blue","text":"hello everybody in the blue room"}"#;
const TELL: &str = r#"{"action":"tell","room":"blue","text":"hello everybody in the blue room"}"#;
/// Processes start, and caches fill.
const WARM_UP: Duration = Duration::from_millis(400);

/// What the gateway is asked for, and what it may cost in proportion to feeding the same program.
struct Case {
    name: &'static str,
    /// Package, binary and features.
    program: (&'static str, &'static str, &'static str),
    message: &'static str,
    environments: usize,
    /// Events that an environment takes at a time.
    concurrency: usize,
    /// Of the events that are fed without a gateway, whoever feeds them.
    at_least: f64,
}

const CASES: [Case; 3] = [
    Case {
        name: "two-way, 4 environments, one event at a time",
        program: ("lift-ws-bench-hand-written", "hand-written", ""),
        message: ECHO,
        environments: 4,
        concurrency: 1,
        at_least: 0.6,
    },
    Case {
        name: "through @connections, 4 environments, one at a time",
        program: ("lift-ws-bench-function", "ours-posts", "clients"),
        message: TELL,
        environments: 4,
        concurrency: 1,
        at_least: 0.3,
    },
    Case {
        name: "two-way, 2 environments, 32 events at a time each",
        program: ("lift-ws-bench-function", "ours", ""),
        message: ECHO,
        environments: 2,
        concurrency: 32,
        at_least: 0.5,
    },
];

/// The best of one case's rounds.
#[derive(Default)]
struct Best {
    fed: Fed,
    fed_by_hyper: Fed,
    answered: f64,
    p99: f64,
    cpu: Option<Shares>,
}

/// What feeds the same environments without a gateway.
struct Feeders {
    /// As fast as feeding can be.
    threads: Feeder,
    /// As one writes a server.
    hyper: Feeder,
}

/// Microseconds of CPU per answered message.
struct Shares {
    gateway: Cpu,
    environments: Cpu,
    clients: Cpu,
}

/// Adds the rows. A quick run leaves out the function with clients, whose release build takes minutes.
///
/// # Errors
///
/// When the gateway or a function cannot be built, does not start, or answers wrongly.
pub(crate) fn measure(root: &Path, event: &str, quick: bool, report: &mut Report) -> Result<(), String> {
    crate::build(root, "cargo-lift-ws", "cargo-lift-ws", "")?;
    let (rounds, time) = if quick { (2, Duration::from_secs(1)) } else { (5, Duration::from_secs(3)) };
    let bare = echo::start()?;
    let echo = echoed(&bare, rounds, time)?;
    report.figure(SECTION, "bare WebSocket echo, no gateway, no function", "/s", echo.per_second, Gate::None);
    let feeders = Feeders { threads: Feeder::with_threads(event)?, hyper: Feeder::with_hyper(event)? };
    for case in &CASES {
        let (package, bin, features) = case.program;
        if quick && !features.is_empty() {
            report.leave_out(format!("{}, in a quick run", case.name));
            continue;
        }
        crate::build(root, package, bin, features)?;
        eprintln!("gateway: {}", case.name);
        let program = crate::target(root).join("release").join(bin);
        let best = case.measure(root, &program, &feeders, rounds, time)?;
        case.report(&best, echo.per_second, report);
    }
    eprintln!("gateway: connections held");
    held::measure(root, if quick { 2_000 } else { 10_000 }, &bare, report)
}

/// The best round of the bare echo.
fn echoed(address: &str, rounds: usize, time: Duration) -> Result<Answered, String> {
    let mut best = Answered::default();
    for _ in 0..rounds {
        best = best.or_better(clients::load(address, CONNECTIONS, ECHO, "sendMessage", time)?);
    }
    Ok(best)
}

impl Case {
    fn measure(
        &self,
        root: &Path,
        program: &Path,
        feeders: &Feeders,
        rounds: usize,
        time: Duration,
    ) -> Result<Best, String> {
        let gateway = Dev::start(root, program, &self.routes(root, program)?, self)?;
        // All environments start.
        clients::load(&gateway.address, CONNECTIONS, self.message, "said", WARM_UP)?;
        let mut best = Best { p99: f64::MAX, ..Best::default() };
        for _ in 0..rounds {
            let fed = |by: &Feeder| by.rate(program, self.environments, self.concurrency, time);
            best.fed = best.fed.or_better(fed(&feeders.threads)?);
            best.fed_by_hyper = best.fed_by_hyper.or_better(fed(&feeders.hyper)?);
            let before = gateway.cpu()?;
            let answered = clients::load(&gateway.address, CONNECTIONS, self.message, "said", time)?;
            let spent = gateway.cpu()?;
            best.p99 = best.p99.min(answered.p99);
            if answered.per_second > best.answered {
                best.answered = answered.per_second;
                best.cpu = Some(spent.since(&before, answered.count));
            }
        }
        Ok(best)
    }

    /// The routes as the program describes itself; what is written by hand does not.
    fn routes(&self, root: &Path, program: &Path) -> Result<PathBuf, String> {
        let file = crate::target(root).join("bench-routes.json");
        let json = match self.program.1 {
            "hand-written" => HAND_WRITTEN_ROUTES.as_bytes().to_vec(),
            _ => dev::described(program)?,
        };
        std::fs::write(&file, json).map_err(|error| error.to_string())?;
        Ok(file)
    }

    fn report(&self, best: &Best, echo: f64, report: &mut Report) {
        let (fed, answered) = (best.fed.per_second.round(), best.answered.round());
        let name = |what: &str| format!("{what}{}", self.name);
        report.ratio(SECTION, name(""), "/s", answered, fed, Gate::AtLeast(self.at_least));
        let by_hyper = best.fed_by_hyper.per_second.round();
        report.ratio(
            SECTION,
            "  beside a bare hyper server on one thread",
            "/s",
            answered,
            by_hyper,
            Gate::AtLeast(self.at_least),
        );
        report.ratio(SECTION, "  beside the bare echo", "/s", answered, echo.round(), Gate::None);
        report.figure(SECTION, "  p99", "ms", best.p99, Gate::AtMost(15.0));
        let Some(shares) = &best.cpu else { return };
        // Of work that nobody else's takes time from, this would be the first row's ratio again.
        let all = shares.gateway.sum() + shares.environments.sum() + shares.clients.sum();
        report.ratio(SECTION, "  CPU: of a message, of a fed event", "µs", all, best.fed.cpu(), Gate::None);
        for (what, cpu) in [
            ("message: gateway", &shares.gateway),
            ("message: environments", &shares.environments),
            ("message: clients", &shares.clients),
            ("fed event: feeder", &best.fed.feeder),
            ("fed event: environments", &best.fed.environments),
            ("event fed by hyper: feeder", &best.fed_by_hyper.feeder),
            ("event fed by hyper: environments", &best.fed_by_hyper.environments),
        ] {
            let mut row = |kind: &str, cpu: f64| {
                report.figure(SECTION, format!("  CPU per {what}, {kind}"), "µs", cpu, Gate::None);
            };
            row("user", cpu.user);
            row("kernel", cpu.kernel);
        }
    }
}

const HAND_WRITTEN_ROUTES: &str = r#"{"routes":[
    {"routeKey":"$connect"},{"routeKey":"$disconnect"},{"routeKey":"sendMessage","twoWay":true}
]}"#;
