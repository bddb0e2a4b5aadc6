//! What can go wrong in `dev`, and what to do about it.

use std::path::PathBuf;
use std::{error, fmt, io};

use lift_ws_local::StartError;
use lift_ws_local::core::ManifestError;

#[derive(Debug)]
pub(crate) enum DevError {
    /// `cargo metadata` failed.
    Metadata(cargo_metadata::Error),
    /// Neither the folder nor the workspace says which app to run.
    NoApp,
    /// There is no package of this name.
    UnknownPackage { name: String, known: Vec<String> },
    /// The package has no binary, or several.
    Binaries { package: String, binaries: Vec<String> },
    /// The package has no target of this kind and name.
    UnknownTarget { package: String, kind: &'static str, name: String, known: Vec<String> },
    /// `cargo build` could not be run.
    Cargo(io::Error),
    /// `cargo build` failed and has said why.
    Build { command: String },
    /// The built binary cannot be kept for running.
    Keep { executable: PathBuf, source: io::Error },
    /// The app does not describe itself.
    Describe { app: String, problem: String, stderr: String, advice: &'static str },
    /// The routes file cannot be read.
    ReadRoutes { file: PathBuf, source: io::Error },
    /// The routes file is not as it should be.
    Routes { file: PathBuf, source: ManifestError },
    /// The manifest of a new build is not as it should be.
    Manifest(ManifestError),
    /// The gateway does not start.
    Gateway(StartError),
    /// Sources cannot be watched.
    Watch(notify::Error),
    /// Standard output is closed.
    Output(io::Error),
    /// The machine has no runtime or signal handlers to give.
    Runtime(io::Error),
}

impl fmt::Display for DevError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(error) => write!(
                f,
                "cannot find out about the workspace: {error}\nrun this in a folder with a Cargo.toml, name one \
                 with --manifest-path, or run any program with `--routes FILE -- PROGRAM`"
            ),
            Self::NoApp => f.write_str(
                "which app is to be run? name one with --package, run this in the folder of a package, or set \
                 `default-app = \"NAME\"` under [workspace.metadata.lift-ws] in the workspace's Cargo.toml",
            ),
            Self::UnknownPackage { name, known } => {
                write!(f, "the workspace has no package `{name}`; it has {}", list(known))
            }
            Self::Binaries { package, binaries } if binaries.is_empty() => write!(
                f,
                "package `{package}` has no binary: add src/main.rs with `lift_ws::main`, or name an example with \
                 --example"
            ),
            Self::Binaries { package, binaries } => write!(
                f,
                "package `{package}` has several binaries: name one with --bin: {}",
                list(binaries)
            ),
            Self::UnknownTarget { package, kind, name, known } if known.is_empty() => {
                write!(f, "package `{package}` has no {kind} `{name}`, and no other either")
            }
            Self::UnknownTarget { package, kind, name, known } => {
                write!(f, "package `{package}` has no {kind} `{name}`; it has {}", list(known))
            }
            Self::Cargo(error) => write!(f, "cannot run cargo: {error}"),
            Self::Build { command } => write!(f, "`{command}` failed: see above"),
            Self::Keep { executable, source } => {
                write!(f, "cannot set {} aside for running: {source}", executable.display())
            }
            Self::Describe { app, problem, stderr, advice } => {
                write!(f, "`{app}` does not describe itself: {problem}")?;
                for line in stderr.lines() {
                    write!(f, "\n  | {line}")?;
                }
                write!(f, "\n{advice}")
            }
            Self::ReadRoutes { file, source } => {
                write!(f, "cannot read the routes in {}: {source}", file.display())
            }
            Self::Routes { file, source } => write!(f, "{}: {source}", file.display()),
            Self::Manifest(error) => error.fmt(f),
            Self::Gateway(error) => error.fmt(f),
            Self::Watch(error) => write!(f, "cannot watch the sources: {error}"),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
        }
    }
}

impl error::Error for DevError {}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
