//! Why an environment does not start.

use std::fmt;
use std::time::Duration;

/// Why an environment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InitFailure {
    /// There is no process.
    NotStarted { reason: String },
    /// The process ended before it asked for an event.
    Exited { how: String },
    /// The process runs, but did not ask for an event in time.
    NeverPolled { after: Duration },
    /// The program said so itself.
    Reported { message: String },
}

impl fmt::Display for InitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted { reason } => f.write_str(reason),
            Self::Exited { how } => write!(f, "it {how} before it asked for its first event"),
            Self::NeverPolled { after } => {
                write!(f, "it did not ask for its first event within {:.0} s", after.as_secs_f64())
            }
            Self::Reported { message } => write!(f, "it reported: {message}"),
        }
    }
}
