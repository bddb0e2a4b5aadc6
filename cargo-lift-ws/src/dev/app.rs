//! Which package is the app, what of it is run, and where its things are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};

use super::DevError;
use super::arguments::Selection;
use super::binary_copy::BinaryCopy;
use super::leftovers;
use super::sources::Sources;

/// An app of a workspace.
#[derive(Debug)]
pub(super) struct App {
    metadata: Metadata,
    package: Package,
    /// Nobody has named it: the workspace says so.
    is_default: bool,
    target: AppTarget,
    release: bool,
    /// How it was found, to find it again.
    selection: Selection,
    running: Option<BinaryCopy>,
    builds: u32,
}

/// What of the package is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AppTarget {
    Bin(String),
    Example(String),
}

impl App {
    pub(super) fn find(selection: &Selection) -> Result<Self, DevError> {
        let metadata = metadata(selection)?;
        let start = match &selection.manifest_path {
            Some(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
            None => std::env::current_dir().unwrap_or_default(),
        };
        let app = Self::choose(metadata, selection, &start)?;
        leftovers::remove(&app.copies());
        Ok(app)
    }

    /// Reads the manifests anew: dependencies in other folders may have come, or the page may have moved.
    pub(super) fn refresh(&mut self) -> Result<(), DevError> {
        let metadata = metadata(&self.selection)?;
        if let Some(package) = metadata.packages.iter().find(|package| package.id == self.package.id) {
            self.package = package.clone();
            self.metadata = metadata;
        }
        Ok(())
    }

    fn choose(metadata: Metadata, selection: &Selection, start: &Path) -> Result<Self, DevError> {
        let (package, is_default) = package(&metadata, selection.package.as_deref(), start)?;
        let package = package.clone();
        let target = target(&package, selection)?;
        let release = selection.release;
        let selection = selection.clone();
        Ok(Self { metadata, package, is_default, target, release, selection, running: None, builds: 0 })
    }

    /// The name that the function has.
    pub(super) fn name(&self) -> &str {
        match &self.target {
            AppTarget::Bin(name) | AppTarget::Example(name) => name,
        }
    }

    pub(super) fn target(&self) -> &AppTarget {
        &self.target
    }

    pub(super) fn is_release(&self) -> bool {
        self.release
    }

    pub(super) fn package_dir(&self) -> &Path {
        folder_of(&self.package)
    }

    pub(super) fn package_name(&self) -> &str {
        &self.package.name
    }

    pub(super) fn workspace_root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    pub(super) fn target_dir(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Whether the app is what the workspace runs by default, and building the target at the workspace's root builds this
    /// package's and no other: then features unify as in a build of the whole workspace, and dependencies that are built
    /// already are used. A package that was named, or whose folder this is, is built with its own features alone, as it is
    /// for the cloud.
    pub(super) fn is_built_from_root(&self) -> bool {
        if !self.is_default {
            return false;
        }
        let defaults: HashSet<_> = self.metadata.workspace_default_packages().iter().map(|p| &p.id).collect();
        let has_target =
            |package: &&&Package| names(package, self.target.kind()).iter().any(|n| n == self.name());
        let same_name = self.metadata.packages.iter().filter(|p| defaults.contains(&p.id));
        defaults.contains(&self.package.id)
            && same_name.collect::<Vec<_>>().iter().filter(has_target).count() == 1
    }

    /// The folder of the page: `[package.metadata.lift-ws] web = "…"`.
    pub(super) fn web(&self) -> Option<PathBuf> {
        let web = self.package.metadata.get("lift-ws")?.get("web")?.as_str()?;
        Some(self.package_dir().join(web))
    }

    /// The folders of all packages that the app is made of, as far as they are local.
    pub(super) fn source_dirs(&self) -> Vec<PathBuf> {
        let mut dirs = vec![self.package_dir().to_owned()];
        let mut next = 0;
        while let Some(dir) = dirs.get(next).cloned() {
            next += 1;
            let package = self.metadata.packages.iter().find(|package| folder_of(package) == dir);
            let dependencies = package.into_iter().flat_map(|package| &package.dependencies);
            for path in dependencies.filter_map(|dependency| dependency.path.as_ref()) {
                if !dirs.iter().any(|known| known == path.as_std_path()) {
                    dirs.push(path.clone().into());
                }
            }
        }
        dirs
    }

    /// What the last build was made of.
    pub(super) fn sources(&self) -> Sources {
        let Some(running) = &self.running else { return Sources::unknown() };
        let has_script = |dir: &PathBuf| {
            let package = self.metadata.packages.iter().find(|package| folder_of(package) == dir);
            package.is_some_and(|package| !names(package, TargetKind::CustomBuild).is_empty())
        };
        let scripted = self.source_dirs().into_iter().filter(has_script).collect();
        Sources::of(running.executable(), self.package_dir(), scripted)
    }

    fn copies(&self) -> PathBuf {
        self.target_dir().join("lift-ws")
    }

    /// Whether this very binary is the one that is running.
    pub(super) fn is_running(&self, executable: &Path) -> bool {
        self.running.as_ref().is_some_and(|running| running.is_of(executable))
    }

    /// Sets a binary aside, so that environments can be started from it while cargo makes the next one.
    pub(super) fn set_aside(&mut self, executable: &Path) -> Result<BinaryCopy, DevError> {
        self.builds += 1;
        let name = format!("{}-{}-{}", self.name(), std::process::id(), self.builds);
        BinaryCopy::make(executable, &self.copies(), &name)
            .map_err(|source| DevError::Keep { executable: executable.to_owned(), source })
    }

    /// From now on environments are started from this copy; the one before is not needed any more.
    pub(super) fn run(&mut self, copy: BinaryCopy) {
        self.running = Some(copy);
    }
}

impl AppTarget {
    pub(super) fn kind(&self) -> TargetKind {
        match self {
            Self::Bin(_) => TargetKind::Bin,
            Self::Example(_) => TargetKind::Example,
        }
    }
}

fn metadata(selection: &Selection) -> Result<Metadata, DevError> {
    let mut command = MetadataCommand::new();
    command.no_deps();
    if let Some(path) = &selection.manifest_path {
        command.manifest_path(path);
    }
    command.exec().map_err(DevError::Metadata)
}

fn folder_of(package: &Package) -> &Path {
    package.manifest_path.parent().map_or(Path::new(""), |dir| dir.as_std_path())
}

/// The named package, else the one that `start` lies in, else the workspace's default app (`true`), else the only one.
fn package<'m>(
    metadata: &'m Metadata,
    name: Option<&str>,
    start: &Path,
) -> Result<(&'m Package, bool), DevError> {
    let members = metadata.workspace_packages();
    let by_name = |name: &str| members.iter().copied().find(|package| *package.name == name);
    let unknown = |name: &str| DevError::UnknownPackage {
        name: name.to_owned(),
        known: members.iter().map(|package| package.name.to_string()).collect(),
    };
    if let Some(name) = name {
        return by_name(name).map(|package| (package, false)).ok_or_else(|| unknown(name));
    }
    let start = start.canonicalize().unwrap_or_else(|_| start.to_owned());
    let around = members.iter().copied().filter(|package| start.starts_with(folder_of(package)));
    if let Some(package) = around.max_by_key(|package| folder_of(package).components().count()) {
        return Ok((package, false));
    }
    let default = metadata.workspace_metadata.get("lift-ws").and_then(|ours| ours.get("default-app"));
    if let Some(name) = default.and_then(|name| name.as_str()) {
        return by_name(name).map(|package| (package, true)).ok_or_else(|| unknown(name));
    }
    match members[..] {
        [only] => Ok((only, false)),
        _ => Err(DevError::NoApp),
    }
}

fn target(package: &Package, selection: &Selection) -> Result<AppTarget, DevError> {
    let bins = names(package, TargetKind::Bin);
    let examples = names(package, TargetKind::Example);
    let unknown = |kind, name: &str, known| DevError::UnknownTarget {
        package: package.name.to_string(),
        kind,
        name: name.to_owned(),
        known,
    };
    match (&selection.bin, &selection.example) {
        (Some(name), _) if bins.contains(name) => Ok(AppTarget::Bin(name.clone())),
        (Some(name), _) => Err(unknown("binary", name, bins)),
        (None, Some(name)) if examples.contains(name) => Ok(AppTarget::Example(name.clone())),
        (None, Some(name)) => Err(unknown("example", name, examples)),
        (None, None) => {
            let default = package.default_run.as_ref().filter(|name| bins.contains(name));
            match (default, &bins[..]) {
                (Some(name), _) => Ok(AppTarget::Bin(name.clone())),
                (None, [only]) => Ok(AppTarget::Bin(only.clone())),
                _ => Err(DevError::Binaries { package: package.name.to_string(), binaries: bins }),
            }
        }
    }
}

fn names(package: &Package, kind: TargetKind) -> Vec<String> {
    let targets = package.targets.iter().filter(|target| target.kind.contains(&kind));
    targets.map(|target| target.name.clone()).collect()
}
