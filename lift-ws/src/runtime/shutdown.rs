//! Shutting down: Lambda sends SIGTERM only to functions with an extension, so a quiet one is registered.

use std::io::Write;
use tokio::signal::unix::{SignalKind, signal};

/// Registers the extension (which must be done before the first event is asked for), and from then on ends the
/// process in order on SIGTERM and SIGINT. Where no extension can be registered, only the signals are watched.
pub(super) async fn on_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be watched: the environment ends without notice");
        return;
    };
    let extension =
        lambda_extension::Extension::new().with_events(&[]).with_extension_name("_lift-ws-graceful-shutdown");
    match extension.register().await {
        Ok(registered) => drop(tokio::spawn(registered.run())),
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

/// Log lines are written whole, without a buffer of ours; what user code printed may still be in one.
fn flush() {
    let _ = std::io::stdout().flush();
    let _ = std::io::stderr().flush();
}
