//! All that this process logs, to be searched for what must not be in it.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[derive(Clone, Copy)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Log;
    fn make_writer(&'w self) -> Log {
        Log
    }
}

/// Logs everything from now on, of all levels and crates, one JSON line each. Every test calls it first.
pub(crate) fn start() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let to = tracing_subscriber::fmt().json().with_writer(Log).with_max_level(tracing::Level::TRACE);
        to.init();
    });
}

/// What was logged by all tests so far.
pub(crate) fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// The lines about one connection.
pub(crate) fn lines_of(connection_id: &str) -> Vec<String> {
    log().lines().filter(|line| line.contains(connection_id)).map(ToOwned::to_owned).collect()
}
