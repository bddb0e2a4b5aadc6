//! The lock file that a build went by.

use std::fs;
use std::path::{Path, PathBuf};

use super::app::App;

/// What `Cargo.lock` said to a build. Cargo writes it itself, when there is none or it lacks something: that is no change
/// after which another build would come out otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lock {
    path: PathBuf,
    /// `None`: it is not known, so whatever stands there is another one.
    text: Option<Vec<u8>>,
}

impl Lock {
    /// As it is now.
    pub(super) fn of(app: &App) -> Self {
        Self::at(app.workspace_root().join("Cargo.lock"))
    }

    pub(super) fn at(path: PathBuf) -> Self {
        Self { text: fs::read(&path).ok(), path }
    }

    /// Whether this file is the lock file and still says what it said.
    pub(super) fn is_unchanged(&self, path: &Path) -> bool {
        path == self.path && self.text.is_some() && fs::read(path).ok() == self.text
    }
}
