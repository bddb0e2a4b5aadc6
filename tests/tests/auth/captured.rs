//! All that this process logs, searched for every token and ticket of the run as it is written.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// By their beginnings: there are thousands, and many more lines.
static SECRETS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
/// What is shorter may be a word, or an id.
const SHORTEST: usize = 40;
const BEGINNING: usize = 16;

#[derive(Clone, Copy)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        // The tests' own clients are no part of what is tested.
        if line.contains("\"log.target\":\"tungstenite::") {
            return Ok(bytes.len());
        }
        end_if_secret(&line);
        LOG.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Log;
    fn make_writer(&'w self) -> Log {
        Log
    }
}

/// Logs everything from now on, of all levels and crates, one JSON line each. Every test calls it first.
pub(crate) fn start() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let to = tracing_subscriber::fmt().json().with_writer(Log).with_max_level(tracing::Level::TRACE);
        to.init();
    });
}

/// A token or a ticket, which no test may log from now on. Of a token these are payload and signature.
pub(crate) fn secret(text: String) -> String {
    let parts = text.split('.').skip(usize::from(text.contains('.')));
    let parts = parts.filter(|part| part.len() >= SHORTEST && part.bytes().all(is_of_a_token));
    let mut secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    for part in parts {
        secrets.entry(part[..BEGINNING].to_owned()).or_default().push(part.to_owned());
    }
    text
}

/// Another test than the one that wrote the line may be running: the whole run fails.
fn end_if_secret(line: &str) {
    if let Some(secret) = secret_in(line) {
        let _ = writeln!(std::io::stderr(), "the token or ticket {secret} was logged: {line}");
        std::process::exit(101);
    }
}

/// The first token or ticket that is in a text.
pub(crate) fn secret_in(line: &str) -> Option<String> {
    let words = line.split(|letter: char| !u8::try_from(letter).is_ok_and(is_of_a_token));
    let mut words = words.filter(|word| word.len() >= SHORTEST).peekable();
    words.peek()?;
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    words.find_map(|word| {
        let mut places = 0..=word.len() - SHORTEST;
        places.find_map(|at| {
            let beginning = secrets.get(&word[at..at + BEGINNING])?;
            beginning.iter().find(|secret| word[at..].starts_with(&***secret)).cloned()
        })
    })
}

const fn is_of_a_token(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_')
}

/// What was logged by all tests so far.
pub(crate) fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// The lines about one connection.
pub(crate) fn lines_of(connection_id: &str) -> Vec<String> {
    log().lines().filter(|line| line.contains(connection_id)).map(ToOwned::to_owned).collect()
}

#[test]
fn a_token_in_a_line_of_the_log_is_found() {
    let token = crate::tokens::hs256(&serde_json::json!({"sub": "found", "filler": "x".repeat(40)}));
    let (_, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(
        secret_in(&format!(r#"{{"fields":{{"cause":"no: {signature}."}}}}"#)).as_deref(),
        Some(signature)
    );
    assert!(secret_in(&format!(r#"{{"url":"/?token={token}&a=b"}}"#)).is_some());
    assert_eq!(secret_in(&format!(r#"{{"id":"{}"}}"#, "A".repeat(SHORTEST))), None);
}
