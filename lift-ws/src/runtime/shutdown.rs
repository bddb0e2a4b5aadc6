//! Shutting down: Lambda sends SIGTERM only to functions with an extension, so a quiet one is registered.

use super::extension::{self, Asked};
use std::io::{self, Write};
use tokio::signal::unix::{SignalKind, signal};

/// Asks for the registration of the extension.
///
/// # Errors
/// If there is no Extensions API.
pub(super) fn register() -> io::Result<Asked> {
    extension::ask(std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?)
}

/// Waits for the registration (which must be done before the first event is asked for), and from then on ends the
/// process in order on SIGTERM and SIGINT. Where no extension can be registered, only the signals are watched.
pub(super) async fn on_signal(asked: io::Result<Asked>) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be watched: the environment ends without notice");
        return;
    };
    let registered = async { asked?.registered().await };
    match registered.await {
        Ok(waiting) => drop(tokio::spawn(waiting)),
        Err(error) => {
            tracing::debug!(%error, "no extension could be registered: shutdown may come without notice")
        }
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        flush();
        std::process::exit(0);
    });
}

/// Metrics are kept back. Log lines are written whole, without a buffer of ours; what user code printed may still be in
/// one.
fn flush() {
    crate::ending::end();
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
}
