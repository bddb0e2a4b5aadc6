//! What can go wrong in `dev`, and what to do about it.

use std::path::PathBuf;
use std::{error, fmt, io};

use lift_ws_local::core::ManifestError;
use lift_ws_local::project::ProjectError;
use lift_ws_local::{ReplaceError, StartError};

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
    /// `cargo build` failed and has said why; the errors without colours.
    Build { command: String, errors: String },
    /// The built binary cannot be kept for running.
    Keep { executable: PathBuf, source: io::Error },
    /// The app does not describe itself.
    Describe { app: String, problem: String, stderr: String, advice: &'static str },
    /// The routes file cannot be read.
    ReadRoutes { file: PathBuf, source: io::Error },
    /// The routes file is not as it should be.
    Routes { file: PathBuf, source: ManifestError },
    /// The project's file cannot be read.
    ReadProject { file: PathBuf, source: io::Error },
    /// The project's file is not as it should be.
    Project { file: PathBuf, source: ProjectError, hint: &'static str },
    /// What a function of the project is built from is not there.
    AppOfProject { file: PathBuf, function: String, package: Option<String>, source: Box<DevError> },
    /// Something that a function needs is not installed.
    Requirement { advice: String },
    /// The new build cannot take over.
    Replace(ReplaceError),
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
                "there is no app to run: {}\nrun this in a folder with a Cargo.toml, name one with \
                 --manifest-path, or run any program with `--routes FILE -- PROGRAM`",
                words_of_cargo(error)
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
                "package `{package}` has no binary: add src/main.rs with `lift_ws::main`, name one of its \
                 examples with --example, or another package with --package"
            ),
            Self::Binaries { package, binaries } => write!(
                f,
                "package `{package}` has several binaries, {}: name one with --bin, or set `default-run` in its \
                 Cargo.toml",
                list(binaries)
            ),
            Self::UnknownTarget { package, kind, name, known } if known.is_empty() => {
                write!(f, "package `{package}` has no {kind} `{name}`, and no other either")
            }
            Self::UnknownTarget { package, kind, name, known } => {
                write!(f, "package `{package}` has no {kind} `{name}`; it has {}", list(known))
            }
            Self::Cargo(error) => write!(f, "cannot run cargo: {error}"),
            Self::Build { command, .. } => write!(f, "`{command}` failed: see above"),
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
            Self::Routes { file, source } => write!(
                f,
                "{}: {source}\na routes file is like {{ \"routes\": [{{ \"routeKey\": \"$default\", \"twoWay\": true }}] }}",
                file.display()
            ),
            Self::ReadProject { file, source } => write!(f, "cannot read the project in {}: {source}", file.display()),
            Self::Project { file, source, hint } => write!(f, "{}, {source}{hint}", file.display()),
            Self::AppOfProject { file, function, package, source } => {
                write!(f, "{}, function `{function}`: ", file.display())?;
                match (&**source, package) {
                    (Self::Metadata(error), Some(package)) => write!(
                        f,
                        "there is no package `{package}`: {}\nname its Cargo.toml by `manifestPath`, or write `command` in \
                         place of `package` for what cargo does not build",
                        words_of_cargo(error)
                    ),
                    (Self::Metadata(error), None) => write!(f, "there is nothing to build: {}", words_of_cargo(error)),
                    (other, _) => other.fmt(f),
                }
            }
            Self::Requirement { advice } => f.write_str(advice),
            Self::Replace(error) => error.fmt(f),
            Self::Gateway(error) => error.fmt(f),
            Self::Watch(error) => write!(f, "cannot watch the sources: {error}"),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
        }
    }
}

impl error::Error for DevError {}

impl DevError {
    /// The same for somebody who does not see the terminal.
    pub(super) fn in_full(&self) -> String {
        match self {
            Self::Build { command, errors } if errors.is_empty() => {
                format!("`{command}` failed: see the terminal")
            }
            Self::Build { command, errors } => format!("{errors}\n\n`{command}` failed"),
            other => other.to_string(),
        }
    }
}

/// What cargo itself says, without the name that it has for it.
fn words_of_cargo(error: &cargo_metadata::Error) -> String {
    match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            let words = stderr.trim();
            words.strip_prefix("error: ").unwrap_or(words).to_owned()
        }
        other => other.to_string(),
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
