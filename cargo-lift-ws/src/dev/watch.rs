//! Noticing that sources have changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::DevError;
use super::app::App;

/// A build starts when nothing has changed for this long: editors and version control write in bursts.
const QUIET: Duration = Duration::from_millis(150);

/// Watches the folders of all local packages that the app is made of.
pub(super) struct Watcher {
    changes: mpsc::UnboundedReceiver<()>,
    _watcher: RecommendedWatcher,
}

impl Watcher {
    pub(super) fn start(app: &App) -> Result<Self, DevError> {
        let filter = Filter { target: app.target_dir().to_owned(), web: app.web() };
        let (sender, changes) = mpsc::unbounded_channel();
        let watched = filter.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error means that changes may have been missed: a build finds out.
            if event.map_or(true, |event| watched.is_change(&event)) {
                let _ = sender.send(());
            }
        })
        .map_err(DevError::Watch)?;
        let root = app.workspace_root().to_owned();
        watcher.watch(&root, RecursiveMode::NonRecursive).map_err(DevError::Watch)?;
        for dir in app.source_dirs() {
            watch_sources(&mut watcher, &dir, &filter).map_err(DevError::Watch)?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Ends when something has changed and then nothing any more for a moment.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            return std::future::pending().await;
        }
        while let Ok(Some(())) = timeout(QUIET, self.changes.recv()).await {}
    }
}

/// The package's folder itself, and every folder in it that may hold sources. The folder is not watched as a
/// whole, since the build's own output may be in it.
fn watch_sources(watcher: &mut RecommendedWatcher, dir: &Path, filter: &Filter) -> notify::Result<()> {
    watcher.watch(dir, RecursiveMode::NonRecursive)?;
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && filter.is_source(&path) && !path.join("Cargo.toml").exists() {
            watcher.watch(&path, RecursiveMode::Recursive)?;
        }
    }
    Ok(())
}

/// What counts as a source.
#[derive(Clone, Debug)]
struct Filter {
    target: PathBuf,
    /// Files of the page are read anew for every request: no build is needed.
    web: Option<PathBuf>,
}

impl Filter {
    fn is_change(&self, event: &Event) -> bool {
        let is_write = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            EventKind::Access(_) | EventKind::Other => false,
            _ => true,
        };
        is_write && event.paths.iter().any(|path| self.is_source(path))
    }

    fn is_source(&self, path: &Path) -> bool {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let is_noise = name.starts_with(['.', '#'])
            || name.ends_with('~')
            || name.ends_with(".swp")
            || name == "node_modules"
            || name == "target";
        let is_elsewhere =
            path.starts_with(&self.target) || self.web.as_ref().is_some_and(|web| path.starts_with(web));
        !is_noise && !is_elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, ModifyKind};

    fn filter() -> Filter {
        Filter { target: "/app/target".into(), web: Some("/app/web".into()) }
    }

    fn event(kind: EventKind, path: &str) -> Event {
        Event::new(kind).add_path(path.into())
    }

    #[test]
    fn a_written_source_is_a_change() {
        let filter = filter();
        assert!(filter.is_change(&event(EventKind::Modify(ModifyKind::Any), "/app/src/main.rs")));
        assert!(filter.is_change(&event(EventKind::Create(CreateKind::File), "/app/Cargo.toml")));
    }

    #[test]
    fn builds_pages_and_editors_leftovers_are_none() {
        let filter = filter();
        for path in
            ["/app/target/debug/app", "/app/web/index.html", "/app/src/.main.rs.swx", "/app/src/main.rs~"]
        {
            assert!(!filter.is_change(&event(EventKind::Modify(ModifyKind::Any), path)), "{path}");
        }
        assert!(!filter.is_change(&event(EventKind::Access(AccessKind::Read), "/app/src/main.rs")));
    }
}
