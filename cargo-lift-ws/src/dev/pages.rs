//! Noticing that files of a page have changed. They are read anew for every request: no build is needed.

use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::DevError;
use super::watch::{self, QUIET, Seen};

/// Watches the folders of pages.
pub(super) struct Pages {
    changes: mpsc::UnboundedReceiver<Seen>,
    _watcher: RecommendedWatcher,
}

impl Pages {
    pub(super) fn watch(folders: &[PathBuf]) -> Result<Self, DevError> {
        let (mut watcher, changes) = watch::watcher().map_err(DevError::Watch)?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::Recursive).map_err(DevError::Watch)?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Ends when something has changed and then nothing any more for a moment.
    pub(super) async fn changed(&mut self) {
        loop {
            match self.changes.recv().await {
                Some(seen) if is_change(&seen) => break,
                Some(_) => {}
                None => return std::future::pending().await,
            }
        }
        while let Ok(Some(_)) = timeout(QUIET, self.changes.recv()).await {}
    }
}

fn is_change(seen: &Seen) -> bool {
    seen.missed || seen.paths.iter().any(|path: &PathBuf| !watch::is_noise(Path::new(path)))
}
