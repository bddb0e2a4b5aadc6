//! The handle that the state holds.

use super::MetricsBuilder;
use super::gathered::{Gathered, Outcome};
use crate::buffer::Buffer;
use crate::observe::Observed;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts of what an app does, on their way to CloudWatch. The middleware [`metrics`](super::metrics) takes them from
/// the state.
///
/// Cheap to clone; all clones are one. Lines that are kept back are written when the environment ends, and before it is
/// frozen for a snapshot.
///
/// ```
/// # use lift_ws::observe::Metrics;
/// # use std::time::Duration;
/// let metrics = Metrics::new(); // namespace LiftWs, and the function's name as the service
/// let metrics = Metrics::builder().namespace("Shop").service("chat").period(Duration::from_secs(30)).build();
/// ```
#[derive(Clone)]
pub struct Metrics(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) namespace: String,
    /// As JSON.
    pub(super) service: String,
    pub(super) period: Duration,
    pub(super) gathered: Mutex<Gathered>,
    pub(super) writer: Mutex<Box<dyn Write + Send>>,
}

impl Metrics {
    /// With the usual names, to standard output.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// With other names, times, or another place to go to.
    #[must_use]
    pub fn builder() -> MetricsBuilder {
        MetricsBuilder::new()
    }

    /// Writes everything that is kept back. [`main`](crate::main) and [`run`](crate::run) see to it when the environment ends.
    pub fn flush(&self) {
        self.0.flush();
    }

    pub(super) fn count(&self, observed: &Observed<'_>, latency: Duration, outcome: Outcome) {
        let shared = &*self.0;
        let line = {
            let mut gathered = shared.gathered();
            let due = gathered.add(observed, latency, outcome, shared.period);
            due.map(|place| shared.line(&mut gathered, Some(place)))
        };
        if let Some(line) = line {
            shared.put(&line);
        }
    }
}

impl Shared {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, gathered: &mut Gathered, place: Option<usize>) -> Buffer {
        let mut line = Buffer::take();
        gathered.write(place, &self.namespace, &self.service, &mut line.0);
        line
    }

    fn flush(&self) {
        loop {
            let line = {
                let mut gathered = self.gathered();
                let oldest = gathered.oldest();
                self.line(&mut gathered, oldest)
            };
            if line.0.is_empty() {
                return;
            }
            self.put(&line);
        }
    }

    /// In one piece: lines of events that run at once must not get into each other.
    fn put(&self, line: &Buffer) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // nobody could be told
        let _ = writer.write_all(line.0.as_bytes()).and_then(|()| writer.flush());
    }
}

#[cfg(feature = "lambda")]
impl crate::ending::Ending for Shared {
    fn end(&self) {
        self.flush();
    }

    fn know(&self, connections: &crate::connection::Connections) {
        self.gathered().know(connections.tally());
    }

    fn pause(&self) {
        let line = {
            let mut gathered = self.gathered();
            if !gathered.has_paused(crate::ambient::now(), self.period) {
                return;
            }
            let oldest = gathered.oldest();
            self.line(&mut gathered, oldest)
        };
        if !line.0.is_empty() {
            self.put(&line);
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("namespace", &self.0.namespace)
            .field("service", &self.0.service)
            .field("period", &self.0.period)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "lambda"))]
mod tests {
    use super::*;
    use crate::connection::Connections;
    use crate::ending::Ending;
    use crate::push::recording::RecordingPoster;
    use crate::store::memory::MemoryStore;
    use crate::testing::Output;

    fn metrics(period: Duration) -> (Metrics, Connections, Output) {
        let output = Output::new();
        let metrics = Metrics::builder().period(period).writer(output.clone()).build();
        let conns = Connections::builder(MemoryStore::new(), RecordingPoster::new())
            .callback_url("http://gateway.test/prod")
            .build()
            .bind("a1b2c3", "prod");
        metrics.0.know(&conns);
        (metrics, conns, output)
    }

    #[tokio::test]
    async fn what_jobs_send_is_written_where_no_event_with_middleware_comes() {
        let (metrics, conns, output) = metrics(Duration::ZERO);
        conns.to("a=").send("hi").await.unwrap();
        metrics.0.pause();
        conns.to("a=").send("hi").await.unwrap();
        metrics.0.pause();
        metrics.0.pause();
        let sends: Vec<_> = output.json().iter().map(|line| line["SendsDelivered"].clone()).collect();
        assert_eq!(sends, [1, 1], "a line for each, and none for nothing: {}", output.text());
    }

    #[tokio::test]
    async fn batches_in_quick_succession_share_a_line_and_the_end_writes_the_rest() {
        let (metrics, conns, output) = metrics(Duration::from_secs(3_600));
        for _ in 0..4 {
            conns.to("a=").send("hi").await.unwrap();
            metrics.0.pause();
        }
        metrics.0.end();
        let sends: Vec<_> = output.json().iter().map(|line| line["SendsDelivered"].clone()).collect();
        assert_eq!(sends, [1, 3]);
    }
}
