//! Why a new build does not take over.

use std::{error, fmt};

use crate::core::ManifestError;

/// Why a new build does not take over from the one that runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The manifest's route selection expression cannot be understood.
    Manifest(ManifestError),
    /// The project has no function of this name.
    UnknownFunction {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The manifest wants the queue of jobs, of which there is one, and another API of the project has it.
    JobsElsewhere,
    /// The embedded DynamoDB cannot make a table.
    Database {
        /// What went wrong.
        problem: String,
    },
}

impl fmt::Display for ReplaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest(error) => error.fmt(f),
            Self::UnknownFunction { name, known } => {
                write!(f, "the project has no function `{name}`; it has {}", known.join(", "))
            }
            Self::JobsElsewhere => f.write_str(
                "another API of the project has the queue of jobs already, of which there is one: describe others under \
                 [queues.NAME]",
            ),
            Self::Database { problem } => write!(f, "the local DynamoDB: {problem}"),
        }
    }
}

impl error::Error for ReplaceError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Manifest(error) => Some(error),
            Self::UnknownFunction { .. } | Self::JobsElsewhere | Self::Database { .. } => None,
        }
    }
}
