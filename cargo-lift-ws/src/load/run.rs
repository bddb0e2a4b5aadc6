//! Opens the connections at their rate, lets them play for a time, and closes them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::client::{Client, words};
use super::endpoint::{Endpoint, Socket};
use super::report::{Report, Times};
use super::script::Script;
use super::tally::Tally;
use super::{LoadArguments, LoadError};
use crate::terminal;

/// Handshakes under way at a time.
const HANDSHAKES: usize = 256;

pub(super) async fn load(
    arguments: &LoadArguments,
    endpoint: Endpoint,
    script: Script,
) -> Result<Report, LoadError> {
    let tally = Arc::new(Tally::new());
    let (stop, stopped) = watch::channel(false);
    let mut clients = JoinSet::new();
    let begun = Instant::now();
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    terminal::status("Opening", &format!("{} connections", arguments.connections));
    let sockets = tokio::select! {
        opened = open(arguments, Arc::new(endpoint), &tally) => opened,
        _ = &mut interrupted => return Err(LoadError::Interrupted),
    };
    let opened_in = begun.elapsed();
    let opened = sockets.len();
    if sockets.is_empty() {
        let why = tally.failures().not_opened.into_keys().next().unwrap_or_default();
        return Err(LoadError::NothingOpened { connections: arguments.connections, why });
    }
    let script = Arc::new(script);
    tally.begin();
    let begun = Instant::now();
    for (number, socket) in sockets {
        let client = Client {
            number,
            socket,
            script: script.clone(),
            tally: tally.clone(),
            patience: arguments.timeout,
        };
        clients.spawn(client.play(stopped.clone()));
    }
    terminal::status("Loading", &format!("for {:?}; Ctrl-C ends it early", arguments.duration));
    tokio::select! {
        () = progress(&tally, arguments.duration) => {}
        () = async { while clients.join_next().await.is_some() {} } => {}
        _ = &mut interrupted => {}
    }
    let times = Times { opening: opened_in, loading: begun.elapsed() };
    stop.send_replace(true);
    while clients.join_next().await.is_some() {}
    // Only now: who has stopped counts nothing more.
    Ok(Report::of(arguments, opened, times, &tally))
}

/// Opens all connections; those that open, with their numbers from 1.
async fn open(arguments: &LoadArguments, endpoint: Arc<Endpoint>, tally: &Arc<Tally>) -> Vec<(u64, Socket)> {
    let at_once = Arc::new(Semaphore::new(HANDSHAKES));
    let mut pace = arguments.rate.map(|rate| {
        let mut pace = interval(Duration::from_secs(1) / rate);
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        pace
    });
    let mut handshakes = JoinSet::new();
    for number in 1..=u64::from(arguments.connections) {
        if let Some(pace) = &mut pace {
            pace.tick().await;
        }
        let turn = at_once.clone().acquire_owned().await;
        let (endpoint, tally, patience) = (endpoint.clone(), tally.clone(), arguments.timeout);
        handshakes.spawn(async move {
            let _turn = turn;
            let begun = Instant::now();
            match timeout(patience, endpoint.open(number)).await {
                Ok(Ok(socket)) => {
                    tally.opened(begun.elapsed());
                    return Some((number, socket));
                }
                Ok(Err(error)) => tally.not_opened(words(&error)),
                Err(_) => tally.not_opened(format!("no answer to the handshake within {patience:?}")),
            }
            None
        });
    }
    let mut sockets = Vec::new();
    while let Some(opened) = handshakes.join_next().await {
        sockets.extend(opened.ok().flatten());
    }
    sockets
}

/// A line each second, for this time.
async fn progress(tally: &Tally, time: Duration) {
    let (begun, mut before) = (Instant::now(), tally.counts());
    while let Some(left) = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        let counts = tally.counts();
        let (sent, answered) = (counts.sent - before.sent, counts.answered - before.answered);
        if sent + answered > 0 {
            terminal::status("", &format!("{sent} sent, {answered} answered"));
        }
        before = counts;
    }
}
