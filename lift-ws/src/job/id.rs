//! What a job is called in logs and answers.

use crate::random::token;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of one job that was enqueued: the same each time it is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    pub(crate) fn random() -> Self {
        JobId(token())
    }

    pub(crate) fn new(id: impl Into<String>) -> Self {
        JobId(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for JobId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
