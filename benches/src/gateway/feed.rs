//! The bare Runtime API: environments get the same event again as soon as they ask, from plain sockets and threads.

use crate::runtime_api::environment;
use crate::runtime_api::server::answer_at_once;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Events per second that this many environments of a program take.
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
) -> Result<f64, String> {
    let fed = Arc::new(AtomicU64::new(0));
    let event: Arc<[u8]> = event.as_bytes().into();
    let running: Result<Vec<_>, String> =
        (0..environments).map(|_| Fed::start(program, concurrency, &event, &fed)).collect();
    let _running = running?;
    std::thread::sleep(super::WARM_UP);
    let (begun, before) = (Instant::now(), fed.load(Ordering::Relaxed));
    std::thread::sleep(time);
    let count = fed.load(Ordering::Relaxed) - before;
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    if count > 0 { Ok(rate) } else { Err(format!("{}: it takes no events", program.display())) }
}

/// An environment that is being fed.
struct Fed(Child);

impl Fed {
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

impl Drop for Fed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
