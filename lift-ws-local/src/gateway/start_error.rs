//! Why a gateway does not start.

use std::net::IpAddr;
use std::path::PathBuf;
use std::{error, fmt, io};

use crate::core::ManifestError;
use crate::project::ProjectError;
use crate::tls::AuthorityError;

/// Why a gateway does not start, and what to do about it.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The port cannot be listened on.
    Listen {
        /// The address of this machine.
        host: IpAddr,
        /// The port; 0 if any would have done.
        port: u16,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The manifest's route selection expression cannot be understood.
    Manifest(ManifestError),
    /// The project's parts do not fit together.
    Project(ProjectError),
    /// The folder of the page cannot be read.
    Web {
        /// The folder.
        dir: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The stage has the name that the control endpoint needs.
    ReservedStage,
    /// The project has no such custom domain.
    UnknownDomain {
        /// The name that was given.
        name: String,
        /// The custom domains that the project has.
        known: Vec<String>,
    },
    /// The embedded DynamoDB does not start, or cannot make a table.
    Database {
        /// What went wrong.
        problem: String,
    },
    /// The queues have no port.
    Queues(io::Error),
    /// There is no certificate for the port.
    Authority(AuthorityError),
    /// The machine has no thread or runtime to give.
    Runtime(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { port, source, .. } if source.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "port {port} is in use: stop the program that listens on it, choose another port, or let \
                 port 0 find a free one (`--port 0`)"
            ),
            Self::Listen { host, source, .. } if source.kind() == io::ErrorKind::AddrNotAvailable => write!(
                f,
                "this machine does not have the address {host}: name one that it has, 127.0.0.1 for itself alone, or \
                 0.0.0.0 for all (`--host`)"
            ),
            Self::Listen { port, source, .. } => {
                write!(f, "cannot listen on port {port}: {source}; port 0 finds a free one (`--port 0`)")
            }
            Self::Manifest(error) => error.fmt(f),
            Self::Project(error) => error.fmt(f),
            Self::Web { dir, source } => {
                write!(f, "cannot serve the page in {}: {source}", dir.display())
            }
            Self::ReservedStage => f.write_str(
                "the stage cannot be called `_lift` while the control endpoint is on, which has this path: choose \
                 another name, or turn the endpoint off (`--no-control`)",
            ),
            Self::UnknownDomain { name, known } if known.is_empty() => write!(
                f,
                "there is no custom domain `{name}`: leave it out, or describe it under [domains] of a project's file"
            ),
            Self::UnknownDomain { name, known } => {
                write!(f, "there is no custom domain `{name}`; there is `{}`", known.join("`, `"))
            }
            Self::Database { problem } => write!(f, "the local DynamoDB does not start: {problem}"),
            Self::Queues(source) => write!(f, "the local SQS cannot listen on the loopback: {source}"),
            Self::Authority(error) => write!(
                f,
                "{error}{}",
                error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default()
            ),
            Self::Runtime(source) => write!(f, "cannot start the gateway's thread: {source}"),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listen { source, .. }
            | Self::Web { source, .. }
            | Self::Queues(source)
            | Self::Runtime(source) => Some(source),
            Self::Manifest(error) => Some(error),
            Self::Project(error) => Some(error),
            Self::Authority(error) => error::Error::source(error),
            Self::ReservedStage | Self::UnknownDomain { .. } | Self::Database { .. } => None,
        }
    }
}
