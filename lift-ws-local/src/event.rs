//! What a gateway tells about itself while it runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::core::{FaultMet, Finished};
use crate::environments::EnvironmentId;
use crate::sqs::{DeadLetter, FinishedBatch};

/// Something that a person at the terminal wants to see.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GatewayEvent {
    /// An event is done with: route, connection, time and outcome.
    Finished(Finished),
    /// A batch of queue messages is done with: queue, records, time and outcome.
    BatchFinished(FinishedBatch),
    /// A message has failed too often and was moved to the dead-letter queue.
    DeadLettered(DeadLetter),
    /// Something has gone wrong as it was asked for.
    Fault(FaultMet),
    /// A line that a function wrote.
    Output {
        /// Whose line it is.
        environment: EnvironmentId,
        /// Where it was written to.
        stream: OutputStream,
        /// The line, without its end.
        line: String,
    },
    /// An environment's process was started.
    EnvironmentStarted {
        /// Its number.
        environment: EnvironmentId,
        /// The name of its function.
        function: String,
        /// Its process' id, for a debugger.
        pid: u32,
    },
    /// An environment never became ready; the events that waited for it have failed.
    InitFailed {
        /// Its number.
        environment: EnvironmentId,
        /// What happened.
        reason: String,
        /// The last lines that it wrote to stderr; they were told as [`Output`](Self::Output) too.
        stderr: Vec<String>,
    },
    /// An environment ended by itself after it had become ready. The next event gets another one.
    EnvironmentCrashed {
        /// Its number.
        environment: EnvironmentId,
        /// How it ended.
        how: String,
        /// How many events it was working on; they have failed.
        events: usize,
    },
    /// An environment was ended because it took too long.
    EnvironmentKilled {
        /// Its number.
        environment: EnvironmentId,
        /// The time that it may take.
        limit: Duration,
        /// The method of [`LocalGatewayBuilder`](crate::LocalGatewayBuilder) that sets it.
        setting: &'static str,
    },
}

/// Where a function wrote a line to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Takes the events of a gateway; called from the gateway's own thread, so it must not block.
#[derive(Clone)]
pub(crate) struct EventSink(Option<Arc<dyn Fn(GatewayEvent) + Send + Sync>>);

impl EventSink {
    pub(crate) fn new(sink: impl Fn(GatewayEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(sink)))
    }

    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(crate) fn emit(&self, event: GatewayEvent) {
        if let Some(sink) = &self.0 {
            sink(event);
        }
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}
