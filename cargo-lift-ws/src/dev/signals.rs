//! Ctrl-C, SIGTERM and the closing of the terminal.

use std::future::pending;
use std::io;
use std::process::exit;
use std::time::Duration;

use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// Signals this close to the first one are the same wish: shells and wrappers pass on what their children got too.
const SAME_WISH: Duration = Duration::from_millis(500);
/// As shells call a process that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// The first signal, which asks for the end. The second Ctrl-C, or SIGTERM, ends the process at once; what it leaves is ended as
/// if it had been killed.
pub(super) struct Signals {
    first: watch::Receiver<bool>,
}

impl Signals {
    /// On a thread of their own: they are heard whatever the others wait for.
    pub(super) fn listen() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let heard = {
            let _inside = runtime.enter();
            (Endings::listen()?, signal(SignalKind::hangup())?)
        };
        let (said, first) = watch::channel(false);
        let listening = std::thread::Builder::new().name("signals".to_owned());
        listening.spawn(move || runtime.block_on(end_on_the_second(heard, said)))?;
        Ok(Self { first })
    }

    /// Ends when one has come.
    pub(super) async fn stop(&mut self) {
        if self.first.wait_for(|has_come| *has_come).await.is_err() {
            pending::<()>().await;
        }
    }
}

async fn end_on_the_second((mut endings, mut hang_up): (Endings, Signal), said: watch::Sender<bool>) {
    tokio::select! {
        () = endings.next() => {}
        _ = hang_up.recv() => {}
    }
    said.send_replace(true);
    sleep(SAME_WISH).await;
    // New ones, which have not heard what came meanwhile.
    if let Ok(mut endings) = Endings::listen() {
        endings.next().await;
        exit(INTERRUPTED);
    }
}

/// What users and supervisors send. A closed terminal is none: it says so more than once.
struct Endings {
    interrupt: Signal,
    terminate: Signal,
}

impl Endings {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
