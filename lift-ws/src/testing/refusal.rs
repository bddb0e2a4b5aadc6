//! A handshake that failed, and where handshakes go.

use crate::percent;
use lift_ws_local::core::{EventType, FaultMet, Finished};
use std::fmt;

/// The gateway refused a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The body, as a client gets it.
    pub body: String,
    /// Why, for developers: no client learns it. Whose event decided and what came of it, in the words of the terminal of
    /// `cargo lift-ws dev`: `$connect: 403`, `authorizer: refused, 403: …`, `$connect: function error: …`. `None` if the
    /// status says it all, since nobody was asked: for a URL that is no stage's, say.
    pub reason: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the handshake was refused with {}: {}", self.status, self.body)?;
        match &self.reason {
            Some(reason) => write!(f, "; {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// The reason that an event gives, if it belongs to a handshake.
pub(super) fn reason_of(finished: &Finished) -> Option<String> {
    match finished.event_type {
        EventType::Authorizer | EventType::Connect => {
            Some(format!("{}: {}", finished.whose(), finished.outcome()))
        }
        EventType::Message | EventType::Disconnect => None,
    }
}

/// The reason that a fault is.
pub(super) fn reason_of_fault(fault: &FaultMet) -> String {
    format!("fault on demand: {fault}")
}

/// A path and a query below the URL of a stage: `/?name=ann` is `{stage}?name=ann`.
pub(super) fn below(stage: &str, path: &str) -> String {
    let rest = path.trim_start_matches('/');
    let slash = if rest.is_empty() || rest.starts_with('?') { "" } else { "/" };
    format!("{stage}{slash}{rest}")
}

/// Adds a parameter to a query.
pub(super) fn add_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    percent::push(name, query);
    query.push('=');
    percent::push(value, query);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_below_the_stage() {
        for (path, expected) in
            [("/", "/dev"), ("", "/dev"), ("/?a=b", "/dev?a=b"), ("?a=b", "/dev?a=b"), ("/x?a", "/dev/x?a")]
        {
            assert_eq!(below("/dev", path), expected);
        }
    }

    #[test]
    fn parameters_are_encoded() {
        let mut query = "a=b".to_owned();
        add_parameter(&mut query, "näme", "x&y=z");
        assert_eq!(query, "a=b&n%C3%A4me=x%26y%3Dz");
    }
}
