//! What a broadcast is called.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random::token;

/// The id of a broadcast that was handed over to the queue: see [`Connections::broadcast`](super::super::Connections::broadcast).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BroadcastId(String);

impl BroadcastId {
    pub(super) fn random() -> Self {
        Self(token())
    }

    /// The id that [`as_str`](Self::as_str) gave, after it was stored or sent somewhere.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BroadcastId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for BroadcastId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
