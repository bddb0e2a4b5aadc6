//! A program behind the local gateway with real sockets: see [`LocalGateway`].

mod builder;
mod client;
mod connect;
mod record;

pub use builder::LocalGatewayBuilder;
pub use client::SocketClient;
pub use connect::SocketConnect;

use self::record::Record;
use crate::testing::refusal::below;
use lift_ws_local::core::{Fault, Faults, Finished};
use lift_ws_local::{GatewayEvent, Report};
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// The local gateway of `cargo lift-ws dev` in a test: the very binary in processes of its own, real sockets, an embedded
/// DynamoDB and SQS.
///
/// It listens on a free port of the loopback, so that tests run beside each other. Dropping it ends its environments
/// without waiting; [`shutdown`](Self::shutdown) lets `$disconnect` run.
///
/// In an integration test (a file below `tests/`) cargo names the package's binary:
///
/// ```no_run
/// use lift_ws::testing::LocalGateway;
/// use serde_json::json;
///
/// # macro_rules! env { ($name:literal) => { "target/debug/chat" } }
/// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
/// let gateway = LocalGateway::of(env!("CARGO_BIN_EXE_chat")).await;
/// let mut ann = gateway.connect("/?name=ann").await?;
/// ann.send(json!({"action": "join", "room": "blue"})).await;
/// assert_eq!(ann.next().await["type"], "joined");
/// gateway.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// For hours, many clients and exact order there is `TestGateway`, of the feature `test-gateway`.
pub struct LocalGateway {
    gateway: lift_ws_local::LocalGateway,
    record: Arc<Record>,
    patience: Duration,
}

impl LocalGateway {
    /// Runs a program that is built with this crate: it is asked for its manifest (`LIFT_WS_DESCRIBE=1`), and started when
    /// events come. `.await` the builder, or set it up first.
    pub fn of(program: impl Into<OsString>) -> LocalGatewayBuilder {
        LocalGatewayBuilder::new(program.into())
    }

    /// Where clients connect: `ws://127.0.0.1:PORT/STAGE`.
    #[must_use]
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Where the page is, if there is one: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn http_url(&self) -> String {
        self.gateway.http_url()
    }

    /// The callback URL, below which the management API is: `http://127.0.0.1:PORT/STAGE`. The connections are at
    /// `/@connections/{id}` below it.
    #[must_use]
    pub fn callback_url(&self) -> String {
        self.url().replacen("ws:", "http:", 1)
    }

    /// The management API: `http://127.0.0.1:PORT/STAGE/@connections`.
    #[must_use]
    pub fn connections_url(&self) -> String {
        format!("{}/@connections", self.callback_url())
    }

    /// The URL of the queue of jobs.
    #[must_use]
    pub fn queue_url(&self) -> &str {
        self.gateway.queue_url()
    }

    /// Opens a connection: `.await` it, or give it headers and more first. The path and the query follow the stage's URL.
    pub fn connect(&self, path: &str) -> SocketConnect {
        SocketConnect::new(below(&self.url(), path), Arc::clone(&self.record), self.patience)
    }

    /// Makes something go wrong once, at its next occasion.
    pub fn inject(&self, fault: Fault) {
        self.gateway.inject(fault);
    }

    /// What goes wrong on demand, and what has: [plans](crate::testing::FaultPlan) can be set and rules added at any time.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        self.gateway.faults()
    }

    /// Makes all connections older, and idle for longer, and says how many that has ended: after ten minutes those that
    /// have said nothing, after two hours all of them. The program's own clock stays as it is.
    pub async fn age_connections(&self, by: Duration) -> usize {
        self.gateway.age_connections(by).await
    }

    /// The lines that the program has written so far, in all its environments.
    #[must_use]
    pub fn logs(&self) -> Vec<String> {
        self.record.lines()
    }

    /// The first line that the program writes, or has written, with this text in it.
    ///
    /// # Panics
    /// If none comes in time.
    pub async fn log_with(&self, text: &str) -> String {
        let found = |record: &Record| record.lines().into_iter().find(|line| line.contains(text));
        match self.record.wait_for(self.patience, found).await {
            Some(line) => line,
            None => panic!("no line with `{text}` was written in {:?}; {}", self.patience, self.record),
        }
    }

    /// Every event that is done with: its route, its times, what came of it.
    #[must_use]
    pub fn finished(&self) -> Vec<Finished> {
        let finished = |event| match event {
            GatewayEvent::Finished(finished) => Some(finished),
            _ => None,
        };
        self.record.events().into_iter().filter_map(finished).collect()
    }

    /// The first event that is done with, or was, and that `wanted` accepts.
    ///
    /// # Panics
    /// If none comes in time.
    pub async fn finished_with(&self, wanted: impl Fn(&Finished) -> bool) -> Finished {
        let found = |record: &Record| {
            record.events().into_iter().find_map(|event| match event {
                GatewayEvent::Finished(finished) if wanted(&finished) => Some(finished),
                _ => None,
            })
        };
        match self.record.wait_for(self.patience, found).await {
            Some(finished) => finished,
            None => panic!("no such event was done with in {:?}; {}", self.patience, self.record),
        }
    }

    /// All that the gateway told about itself: events that are done with, lines, environments that come and go.
    #[must_use]
    pub fn events(&self) -> Vec<GatewayEvent> {
        self.record.events()
    }

    /// Closes every connection, lets `$disconnect` run, ends the environments, and says what has happened.
    pub async fn shutdown(self) -> Report {
        self.gateway.shutdown().await
    }
}

impl fmt::Debug for LocalGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalGateway").field("url", &self.url()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
