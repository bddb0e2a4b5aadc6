//! Noticing that files have changed.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::DevError;
use super::app::App;
use super::lock::Lock;
use super::sources::Sources;

/// A build starts when nothing has changed for this long: an editor writes, renames and sets rights in a few
/// milliseconds. A guess that was too early costs one more build.
pub(super) const QUIET: Duration = Duration::from_millis(40);
/// As long as it is after many files: version control writes in bursts.
const QUIET_AFTER_MANY: Duration = Duration::from_millis(150);
/// More than an editor saves at once.
const MANY: usize = 4;

/// Watches the folders of all local packages that the app is made of.
pub(super) struct Watcher {
    changes: mpsc::UnboundedReceiver<Seen>,
    watcher: RecommendedWatcher,
    watched: HashSet<PathBuf>,
    filter: Filter,
}

/// What has changed since the last time.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// When the last file was written.
    pub(super) at: Option<Instant>,
    /// Files that a build depends on, or may.
    pub(super) sources: BTreeSet<PathBuf>,
    /// Something may have been missed.
    pub(super) is_uncertain: bool,
}

/// What one event was about.
pub(super) struct Seen {
    at: Instant,
    pub(super) paths: Vec<PathBuf>,
    /// Other events were lost.
    pub(super) missed: bool,
}

/// What sees writes, and how one learns of them.
pub(super) fn watcher() -> notify::Result<(RecommendedWatcher, mpsc::UnboundedReceiver<Seen>)> {
    let (sender, changes) = mpsc::unbounded_channel();
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let at = Instant::now();
        let seen = match event {
            Ok(event) if event.need_rescan() => Seen { at, paths: Vec::new(), missed: true },
            Ok(event) if is_write(event.kind) => Seen { at, paths: event.paths, missed: false },
            Ok(_) => return,
            // Changes may have been missed: a build finds out.
            Err(_) => Seen { at, paths: Vec::new(), missed: true },
        };
        let _ = sender.send(seen);
    })?;
    Ok((watcher, changes))
}

impl Watcher {
    pub(super) fn start(app: &App) -> Result<Self, DevError> {
        let (watcher, changes) = watcher().map_err(DevError::Watch)?;
        let filter = Filter::of(app);
        let mut watcher = Self { changes, watcher, watched: HashSet::new(), filter };
        watcher.watch_packages(app).map_err(DevError::Watch)?;
        Ok(watcher)
    }

    /// From now on these are the sources. Folders that have come to the app are watched too.
    pub(super) fn follow(&mut self, app: &App, sources: Sources, lock: Lock) {
        for folder in sources.folders() {
            // A file may be included from anywhere; what is gone by now needs no watch.
            let is_watched = folder.ancestors().any(|part| self.watched.contains(part));
            if !is_watched && self.watcher.watch(folder, RecursiveMode::NonRecursive).is_ok() {
                self.watched.insert(folder.to_owned());
            }
        }
        self.filter = Filter { sources, lock, ..Filter::of(app) };
        // Whatever fails here was watched before, or is no folder any more.
        let _ = self.watch_packages(app);
    }

    /// From now on any file may be what a build lacks.
    pub(super) fn doubt(&mut self) {
        self.filter.sources = Sources::unknown();
    }

    /// Ends when something has changed and then nothing any more for a moment.
    pub(super) async fn changed(&mut self) -> Change {
        let mut change = Change::default();
        while change.is_nothing() {
            let Some(seen) = self.changes.recv().await else { return std::future::pending().await };
            self.filter.judge(seen, &mut change);
        }
        while let Ok(Some(seen)) = timeout(change.quiet(), self.changes.recv()).await {
            self.filter.judge(seen, &mut change);
        }
        change
    }

    fn watch_packages(&mut self, app: &App) -> notify::Result<()> {
        let root = app.workspace_root().to_owned();
        self.watch(&root, RecursiveMode::NonRecursive)?;
        let configuration = root.join(".cargo");
        if configuration.is_dir() {
            self.watch(&configuration, RecursiveMode::NonRecursive)?;
        }
        for dir in app.source_dirs() {
            self.watch_package(&dir)?;
        }
        Ok(())
    }

    /// The package's folder itself, and every folder in it that may hold sources. The folder is not watched as a
    /// whole, since the build's own output may be in it.
    fn watch_package(&mut self, dir: &Path) -> notify::Result<()> {
        self.watch(dir, RecursiveMode::NonRecursive)?;
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !self.filter.is_noise(&path) && !path.join("Cargo.toml").exists() {
                self.watch(&path, RecursiveMode::Recursive)?;
            }
        }
        Ok(())
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        if self.watched.contains(path) {
            return Ok(());
        }
        self.watcher.watch(path, mode)?;
        self.watched.insert(path.to_owned());
        Ok(())
    }
}

impl Change {
    /// Whether the packages themselves may be others now.
    pub(super) fn of_manifests(&self) -> bool {
        self.sources.iter().any(|path| path.file_name().is_some_and(|name| name == "Cargo.toml"))
    }

    fn is_nothing(&self) -> bool {
        !self.is_uncertain && self.sources.is_empty()
    }

    fn quiet(&self) -> Duration {
        if self.is_uncertain || self.sources.len() >= MANY { QUIET_AFTER_MANY } else { QUIET }
    }
}

fn is_write(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) | EventKind::Other => false,
        _ => true,
    }
}

/// What counts as what.
#[derive(Clone, Debug)]
struct Filter {
    target: PathBuf,
    /// Files of the page need no build.
    web: Option<PathBuf>,
    sources: Sources,
    lock: Lock,
}

impl Filter {
    fn of(app: &App) -> Self {
        let target = app.target_dir().to_owned();
        Self { target, web: app.web(), sources: Sources::unknown(), lock: Lock::default() }
    }

    fn judge(&self, seen: Seen, change: &mut Change) {
        let mut matters = seen.missed;
        change.is_uncertain |= seen.missed;
        for path in seen.paths {
            if self.is_noise(&path) || self.lock.is_unchanged(&path) {
                continue;
            }
            let is_page = self.web.as_ref().is_some_and(|web| path.starts_with(web));
            let is_source = self.is_source(&path, is_page);
            if is_source {
                matters = true;
                change.sources.insert(path);
            }
        }
        if matters {
            change.at = Some(seen.at);
        }
    }

    /// A file of the page may be included in the app too, but only cargo's word makes it a source.
    fn is_source(&self, path: &Path, is_page: bool) -> bool {
        if self.sources.are_known() { self.sources.contain(path) } else { !is_page }
    }

    fn is_noise(&self, path: &Path) -> bool {
        is_noise(path) || path.starts_with(&self.target)
    }
}

/// What editors and tools leave behind, by its name.
pub(super) fn is_noise(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with(['.', '#'])
        || name.ends_with('~')
        || name.ends_with(".swp")
        || name == "node_modules"
        || name == "target"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> Filter {
        Filter {
            target: "/app/target".into(),
            web: Some("/app/web".into()),
            sources: Sources::unknown(),
            lock: Lock::default(),
        }
    }

    fn change(filter: &Filter, paths: &[&str]) -> Change {
        let mut change = Change::default();
        for path in paths {
            filter.judge(Seen { at: Instant::now(), paths: vec![path.into()], missed: false }, &mut change);
        }
        change
    }

    #[test]
    fn a_written_source_needs_a_build_and_a_file_of_the_page_does_not() {
        let filter = filter();
        let source = change(&filter, &["/app/src/main.rs"]);
        assert!(!source.is_nothing() && !source.of_manifests() && source.at.is_some());
        let page = change(&filter, &["/app/web/index.html"]);
        assert!(page.is_nothing() && page.at.is_none());
        let both = change(&filter, &["/app/web/index.html", "/app/Cargo.toml"]);
        assert!(!both.is_nothing() && both.of_manifests());
    }

    #[test]
    fn builds_and_editors_leftovers_are_nothing() {
        for path in ["/app/target/debug/app", "/app/src/.main.rs.swx", "/app/src/main.rs~", "/app/#x#"] {
            let change = change(&filter(), &[path]);
            assert!(change.is_nothing() && change.at.is_none(), "{path}");
        }
    }

    #[test]
    fn the_lock_file_that_cargo_has_written_is_nothing_and_any_other_is_a_source() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Cargo.lock");
        let is_nothing = |filter: &Filter| change(filter, &[path.to_str().unwrap()]).is_nothing();
        std::fs::write(&path, "version = 4").unwrap();
        assert!(!is_nothing(&filter()), "no build has gone by it");
        let filter = Filter { lock: Lock::at(path.clone()), ..filter() };
        assert!(is_nothing(&filter));
        std::fs::write(&path, "version = 3").unwrap();
        assert!(!is_nothing(&filter));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_nothing(&filter));
        assert!(!change(&filter, &["/other/Cargo.lock"]).is_nothing());
    }

    #[test]
    fn only_writes_are_changes() {
        use notify::event::{CreateKind, DataChange, MetadataKind};
        assert!(is_write(EventKind::Create(CreateKind::File)));
        assert!(is_write(EventKind::Modify(ModifyKind::Data(DataChange::Any))));
        assert!(is_write(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(!is_write(EventKind::Access(AccessKind::Read)));
        assert!(!is_write(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Permissions))));
    }

    #[test]
    fn what_was_missed_is_found_out_by_a_build() {
        let mut change = Change::default();
        filter().judge(Seen { at: Instant::now(), paths: Vec::new(), missed: true }, &mut change);
        assert!(!change.is_nothing());
    }

    #[test]
    fn a_burst_is_waited_for_longer_than_a_save() {
        let one = change(&filter(), &["/app/src/main.rs", "/app/src/main.rs"]);
        let many = change(&filter(), &["/app/a.rs", "/app/b.rs", "/app/c.rs", "/app/d.rs"]);
        assert_eq!((one.quiet(), many.quiet()), (QUIET, QUIET_AFTER_MANY));
    }
}
