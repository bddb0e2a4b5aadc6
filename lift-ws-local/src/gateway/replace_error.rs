//! Why a new build does not take over.

use std::{error, fmt};

use crate::core::ManifestError;

/// Why a new build does not take over from the one that runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The manifest's route selection expression cannot be understood.
    Manifest(ManifestError),
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
            Self::Database { problem } => write!(f, "the local DynamoDB: {problem}"),
        }
    }
}

impl error::Error for ReplaceError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Manifest(error) => Some(error),
            Self::Database { .. } => None,
        }
    }
}
