//! What happened, as text that stays the same from run to run.

use super::hub::{ClientNo, Hub};
use lift_ws_local::core::{ConnectionId, EventType, FaultMet, Finished, NoRoute, Verdict};
use std::collections::HashMap;
use std::fmt::{self, Display, Write};
use std::sync::Arc;
use std::time::Duration;

/// Longer texts are cut, and their size is told.
const SHOWN_CHARACTERS: usize = 200;

/// Characters of the gateway's ids, the closing `=` among them (contract §8.14).
const ID_LENGTH: usize = 16;

/// One thing that happened to a client.
#[derive(Debug)]
pub(super) enum What {
    Connects(String),
    Opens(Option<String>),
    Refused {
        status: u16,
        body: String,
    },
    Says(Arc<str>),
    SaysBinary(usize),
    Pings,
    Gets(Arc<str>),
    /// From its own side.
    Closes {
        code: Option<u16>,
        reason: String,
    },
    Vanishes,
    /// By the gateway.
    Closed {
        code: u16,
        reason: String,
    },
    Failed(String),
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    /// `None`: the gateway itself.
    client: Option<ClientNo>,
    what: What,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    names: Vec<Arc<str>>,
    connections: HashMap<Box<str>, ClientNo>,
}

impl Journal {
    pub(super) fn add_client(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    pub(super) fn add_connection(&mut self, id: &ConnectionId, client: ClientNo) {
        self.connections.insert(id.as_str().into(), client);
    }

    pub(super) fn note(&mut self, client: ClientNo, what: What) {
        self.entries.push(Entry { at: Hub::passed(), client: Some(client), what });
    }

    pub(super) fn note_fault(&mut self, client: Option<ClientNo>, fault: &FaultMet) {
        let what = What::Failed(format!("fault {fault}"));
        self.entries.push(Entry { at: Hub::passed(), client, what });
    }

    /// What clients see tells the rest; only what goes wrong behind it is noted.
    pub(super) fn note_finished(&mut self, client: Option<ClientNo>, finished: &Finished) {
        let what = match (&finished.event_type, finished.route_key.as_str()) {
            (EventType::Authorizer, _) => "the authorizer",
            (_, "") => "a message",
            (_, key) => key,
        };
        if let Some(how) = problem(&finished.verdict) {
            let what = What::Failed(format!("{what}: {how}"));
            self.entries.push(Entry { at: Hub::passed(), client, what });
        }
    }

    /// All of it, or that of one client.
    pub(super) fn text(&self, of: Option<ClientNo>) -> String {
        let mut ids = Ids { connections: &self.connections, names: &self.names, others: HashMap::new() };
        let width =
            self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("gateway".len());
        let mut text = String::new();
        for entry in self.entries.iter().filter(|entry| of.is_none() || entry.client == of) {
            let line = ids.normalised(&entry.what.to_string());
            // Writing into a string cannot fail.
            let _ = match of {
                Some(_) => writeln!(text, "{} {line}", Time(entry.at)),
                None => {
                    let name = entry.client.map_or("gateway", |client| &self.names[client]);
                    writeln!(text, "{} {name:width$} {line}", Time(entry.at))
                }
            };
        }
        text
    }
}

/// What went wrong with an event, if anything did.
fn problem(verdict: &Verdict) -> Option<String> {
    Some(match verdict {
        Verdict::Status(status) if *status >= 500 => format!("the function answered {status}"),
        Verdict::Malformed { problem } => problem.clone(),
        Verdict::FunctionError { message } | Verdict::Unavailable { message } => message.clone(),
        Verdict::TimedOut { limit } => format!("the gateway gave up after {} s", limit.as_secs_f64()),
        Verdict::Fault(fault) => format!("refused by the fault {fault:?}"),
        Verdict::Refused { status, reason } => format!("{status}, {reason}"),
        Verdict::NoRoute(NoRoute::NotJson) => "no route, since it is not JSON".to_owned(),
        Verdict::NoRoute(NoRoute::NoKey) => "no route, since it has no route key".to_owned(),
        Verdict::NoRoute(NoRoute::UnknownKey) => "no route has this key".to_owned(),
        _ => return None,
    })
}

impl Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connects(target) => write!(f, "* connects to {target}"),
            Self::Opens(None) => f.write_str("* is open"),
            Self::Opens(Some(subprotocol)) => write!(f, "* is open, speaks {subprotocol}"),
            Self::Refused { status, body } => write!(f, "* is refused: {status} {body}"),
            Self::Says(text) => write!(f, "> {}", Shown(text)),
            Self::SaysBinary(bytes) => write!(f, "> ({bytes} bytes, binary)"),
            Self::Pings => f.write_str("> (ping)"),
            Self::Gets(text) => write!(f, "< {}", Shown(text)),
            Self::Closes { code: None, .. } => f.write_str("* closes"),
            Self::Closes { code: Some(code), reason } => write!(f, "* closes: {code} {reason}"),
            Self::Vanishes => f.write_str("* vanishes"),
            Self::Closed { code, reason } => write!(f, "* is closed: {code} {reason}"),
            Self::Failed(how) => write!(f, "! {how}"),
        }
    }
}

/// A message on one line, and not too long.
struct Shown<'t>(&'t str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars().take(SHOWN_CHARACTERS) {
            match character {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                other => f.write_char(other)?,
            }
        }
        match self.0.chars().nth(SHOWN_CHARACTERS) {
            Some(_) => write!(f, "… ({} bytes)", self.0.len()),
            None => Ok(()),
        }
    }
}

/// `1:02:03.004` since the start.
struct Time(Duration);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.as_secs(), self.0.subsec_millis());
        write!(f, "{}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// The gateway's ids, by what they name: `<ann>` is ann's connection, and others are counted.
struct Ids<'j> {
    connections: &'j HashMap<Box<str>, ClientNo>,
    names: &'j [Arc<str>],
    others: HashMap<String, usize>,
}

impl Ids<'_> {
    fn normalised(&mut self, text: &str) -> String {
        let (mut to, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(end) = rest.find('=') {
            let (word, after) = rest.split_at(end + 1);
            let start = word.bytes().rev().skip(1).take_while(|byte| is_of_ids(*byte)).count();
            let is_id = start == ID_LENGTH - 1
                && !after.starts_with(|next: char| next == '=' || next.is_ascii_alphanumeric());
            if is_id {
                let (before, id) = word.split_at(word.len() - ID_LENGTH);
                to.push_str(before);
                to.push_str(&self.name(id));
            } else {
                to.push_str(word);
            }
            rest = after;
        }
        to.push_str(rest);
        to
    }

    fn name(&mut self, id: &str) -> String {
        if let Some(client) = self.connections.get(id) {
            return format!("<{}>", self.names[*client]);
        }
        let next = self.others.len() + 1;
        format!("<id {}>", self.others.entry(id.to_owned()).or_insert(next))
    }
}

fn is_of_ids(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_have_their_clients_names_and_other_ids_are_counted() {
        let connections = HashMap::from([("AbCdEdXyZ_wCQr0=".into(), 0)]);
        let mut ids = Ids { connections: &connections, names: &["ann".into()], others: HashMap::new() };
        for (text, expected) in [
            (r#"{"id":"AbCdEdXyZ_wCQr0="}"#, r#"{"id":"<ann>"}"#),
            ("AbCdEdXyZ-wFQr0=, AbCdEdXyZ-wFQr1= and AbCdEdXyZ-wFQr0=", "<id 1>, <id 2> and <id 1>"),
            // longer, shorter, and in the middle of a word
            ("xAbCdEdXyZ_wCQr0=", "xAbCdEdXyZ_wCQr0="),
            ("/?name=ann&room=blue", "/?name=ann&room=blue"),
            ("AbCdEdXyZ_wCQr0==", "AbCdEdXyZ_wCQr0=="),
        ] {
            assert_eq!(ids.normalised(text), expected);
        }
    }

    #[test]
    fn times_and_texts_are_shown_in_one_way() {
        assert_eq!(Time(Duration::from_millis(3_723_004)).to_string(), "1:02:03.004");
        assert_eq!(Shown("a\nb").to_string(), "a\\nb");
        let long = "é".repeat(SHOWN_CHARACTERS + 1);
        assert!(Shown(&long).to_string().ends_with("é… (402 bytes)"));
    }
}
