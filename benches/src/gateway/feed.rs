//! The bare Runtime API: environments get the same event again as soon as they ask, from plain sockets and threads.

use super::cpu::Cpu;
use crate::runtime_api::environment;
use crate::runtime_api::server::answer_at_once;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a program was fed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fed {
    pub(super) per_second: f64,
    /// Microseconds of CPU per event.
    pub(super) feeder: Cpu,
    pub(super) environments: Cpu,
}

impl Fed {
    /// Microseconds of CPU per event, of the feeder and the environments together.
    pub(super) fn cpu(&self) -> f64 {
        (self.feeder + self.environments).sum()
    }
}

/// The events that this many environments of a program take.
///
/// # Errors
///
/// When the program does not start, or takes nothing.
pub(super) fn rate(
    program: &Path,
    environments: usize,
    concurrency: usize,
    event: &str,
    time: Duration,
) -> Result<Fed, String> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let spent = || {
        let own = std::process::id();
        Ok::<_, String>((Cpu::of(own)?, Cpu::of_children(own, &name)))
    };
    let fed = Arc::new(AtomicU64::new(0));
    let event: Arc<[u8]> = event.as_bytes().into();
    let running: Result<Vec<_>, String> =
        (0..environments).map(|_| Environment::start(program, concurrency, &event, &fed)).collect();
    let _running = running?;
    std::thread::sleep(super::WARM_UP);
    let (begun, before, spent_before) = (Instant::now(), fed.load(Ordering::Relaxed), spent()?);
    std::thread::sleep(time);
    let count = (fed.load(Ordering::Relaxed) - before) as f64;
    if count == 0.0 {
        return Err(format!("{}: it takes no events", program.display()));
    }
    let per_second = count / begun.elapsed().as_secs_f64();
    let spent = spent()?;
    Ok(Fed {
        per_second,
        feeder: (spent.0 - spent_before.0).per(count),
        environments: (spent.1 - spent_before.1).per(count),
    })
}

/// An environment that is being fed.
struct Environment(Child);

impl Environment {
    fn start(
        program: &Path,
        concurrency: usize,
        event: &Arc<[u8]>,
        fed: &Arc<AtomicU64>,
    ) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (event, fed) = (Arc::clone(event), Arc::clone(fed));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (event, fed) = (Arc::clone(&event), Arc::clone(&fed));
                std::thread::spawn(move || answer_at_once(stream, &event, &fed));
            }
        });
        let mut command = environment(program, address);
        if concurrency > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
        }
        let process = command.env("AWS_LAMBDA_LOG_LEVEL", "warn").spawn();
        Ok(Self(process.map_err(|error| format!("{}: {error}", program.display()))?))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
