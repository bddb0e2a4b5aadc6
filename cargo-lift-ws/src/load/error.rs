//! What can go wrong in `load` itself, and what to do about it. What happens to single connections is in the report.

use std::path::PathBuf;
use std::{error, fmt, io};

use super::script::Mistake;

#[derive(Debug)]
pub(crate) enum LoadError {
    /// The URL cannot be used.
    Url { url: String, problem: String },
    /// The host has no address.
    Resolve { host: String, source: io::Error },
    /// The endpoint is not on this machine.
    NotHere { host: String },
    /// A header cannot be sent.
    Header { name: String },
    /// A script cannot be read.
    Read { file: PathBuf, source: io::Error },
    /// A script is not as it should be.
    Script { file: PathBuf, mistake: Mistake },
    /// The machine has no trusted certificates.
    Certificates(String),
    /// None of the connections could be opened.
    NothingOpened { connections: u32, why: String },
    /// Ctrl-C came while connections were opened.
    Interrupted,
    /// A report cannot be written.
    Write { file: PathBuf, source: io::Error },
    /// Standard output is closed.
    Output(io::Error),
    /// The machine has no runtime to give.
    Runtime(io::Error),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, problem } => {
                write!(f, "`{url}` cannot be used: {problem}; write it like ws://127.0.0.1:3000/dev")
            }
            Self::Resolve { host, source } => write!(f, "`{host}` has no address: {source}"),
            Self::NotHere { host } => write!(
                f,
                "`{host}` is not on this machine, and many connections at once may harm whose it is and cost money: \
                 if it is yours, say so with --i-own-this-endpoint"
            ),
            Self::Header { name } => write!(f, "`{name}` is no header that can be sent"),
            Self::Read { file, source } => write!(f, "cannot read {}: {source}", file.display()),
            Self::Script { file, mistake } => write!(f, "{}, {mistake}", file.display()),
            Self::Certificates(why) => write!(
                f,
                "this machine trusts no certificates, which wss: needs: {why}\ninstall its `ca-certificates`, or \
                 name a file of them by SSL_CERT_FILE"
            ),
            Self::NothingOpened { connections, why } => {
                write!(f, "none of {connections} connections could be opened: {why}")?;
                let advice = advice(why);
                if advice.is_empty() { Ok(()) } else { write!(f, "\n{advice}") }
            }
            Self::Interrupted => {
                f.write_str("interrupted before all connections were open, so there is nothing to report")
            }
            Self::Write { file, source } => write!(f, "cannot write {}: {source}", file.display()),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
        }
    }
}

/// What to do about the most usual reasons.
fn advice(why: &str) -> &'static str {
    let usual = [
        (
            "UnknownIssuer",
            "for a local gateway, trust its authority: SSL_CERT_FILE=~/.local/share/lift-ws/tls/ca.pem",
        ),
        ("Connection refused", "is `cargo lift-ws dev` running there?"),
        (
            "refused with 403",
            "does the path of the URL name a stage, as /dev does? if so, the terminal of `dev` says why it was refused",
        ),
        ("refused with 4", "the terminal of `dev` says why"),
        ("refused with 5", "the terminal of `dev` says why"),
    ];
    usual.into_iter().find(|(words, _)| why.contains(words)).map_or("", |(_, advice)| advice)
}

impl error::Error for LoadError {}
