//! Environments that are fed by a bare Runtime API, without any gateway: the same event again as soon as they ask.

mod hyper;
mod threads;

use super::cpu::Cpu;
use crate::runtime_api::environment;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A Runtime API that lasts as long as the program, and costs nothing while nobody asks it.
pub(super) struct Feeder {
    address: SocketAddr,
    feed: Arc<Feed>,
}

/// What it gives.
struct Feed {
    event: ::hyper::body::Bytes,
    /// How often so far.
    count: AtomicU64,
}

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

    pub(super) fn or_better(self, other: Self) -> Self {
        if other.per_second > self.per_second { other } else { self }
    }
}

impl Feeder {
    /// Plain sockets, and a blocked thread for each connection: the least that feeding can cost.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub(super) fn with_threads(event: &str) -> Result<Self, String> {
        Self::start(event, threads::start)
    }

    /// A server as one writes it in async Rust, on one thread, as the gateway has it.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub(super) fn with_hyper(event: &str) -> Result<Self, String> {
        Self::start(event, hyper::start)
    }

    fn start(event: &str, serve: fn(Arc<Feed>) -> io::Result<SocketAddr>) -> Result<Self, String> {
        let feed = Arc::new(Feed { event: event.to_owned().into(), count: AtomicU64::new(0) });
        let address = serve(Arc::clone(&feed)).map_err(|error| format!("a bare Runtime API: {error}"))?;
        Ok(Self { address, feed })
    }

    /// The events that this many environments of a program take.
    ///
    /// # Errors
    ///
    /// When the program does not start, or takes nothing.
    pub(super) fn rate(
        &self,
        program: &Path,
        environments: usize,
        concurrency: usize,
        time: Duration,
    ) -> Result<Fed, String> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let spent = || {
            let own = std::process::id();
            Ok::<_, String>((Cpu::of(own)?, Cpu::of_children(own, &name)))
        };
        let fed = || self.feed.count.load(Ordering::Relaxed);
        let running: Result<Vec<_>, String> =
            (0..environments).map(|_| Environment::start(program, concurrency, self.address)).collect();
        let _running = running?;
        std::thread::sleep(super::WARM_UP);
        let (begun, before, spent_before) = (Instant::now(), fed(), spent()?);
        std::thread::sleep(time);
        let count = (fed() - before) as f64;
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
}

/// An environment that is being fed.
struct Environment(Child);

impl Environment {
    fn start(program: &Path, concurrency: usize, api: SocketAddr) -> Result<Self, String> {
        let mut command = environment(program, api);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    /// The lines of what a feeder's first poll is answered with, in no order, without the one that tells the time.
    fn first_event(feeder: &Feeder) -> Vec<String> {
        let mut stream = TcpStream::connect(feeder.address).unwrap();
        stream
            .write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"{}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        let answer = String::from_utf8(answer).unwrap().to_ascii_lowercase();
        let is_time = |line: &&str| line.starts_with("lambda-runtime-deadline-ms: ");
        let mut lines: Vec<_> = answer.lines().filter(|line| !is_time(line)).map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn both_feeders_give_the_same() {
        let (threads, hyper) = (Feeder::with_threads("{}").unwrap(), Feeder::with_hyper("{}").unwrap());
        assert_eq!(first_event(&threads), first_event(&hyper));
        let counted = [threads, hyper].map(|feeder| feeder.feed.count.load(Ordering::Relaxed));
        assert_eq!(counted, [1, 1]);
    }
}
