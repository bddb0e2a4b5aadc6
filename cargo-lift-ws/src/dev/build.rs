//! Building the app with cargo, whose own output the user sees.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::DevError;
use super::app::{App, AppTarget};
use super::lock::Lock;
use crate::terminal;

/// How long output is waited for once cargo has ended: something that it started may hold the pipes open.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// Cargo cannot know the width of our terminal.
const PROGRESS_WIDTH: &str = "80";
/// As much of cargo's own words as is kept for the page.
const KEPT_BYTES: usize = 64 * 1024;

/// A build that has passed.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) executable: PathBuf,
    /// The lock file that it was built by.
    pub(super) lock: Lock,
}

/// Builds the app.
pub(super) async fn build(app: &App) -> Result<Built, DevError> {
    let in_colours = terminal::has_colours();
    let mut command = command(app, in_colours);
    let shown = shown(&command);
    let child = command.spawn().map_err(DevError::Cargo)?;
    let mut heard = Heard::default();
    let status = listen(child, app, &mut heard).await.map_err(DevError::Cargo)?;
    match heard.executable {
        Some(executable) if status.success() => Ok(Built { executable, lock: heard.lock }),
        _ => Err(DevError::Build { command: shown, errors: heard.errors() }),
    }
}

fn command(app: &App, in_colours: bool) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg("build").current_dir(app.workspace_root());
    if !app.is_built_from_root() {
        command.args(["--package", app.package_name()]);
    }
    match app.target() {
        AppTarget::Bin(name) => command.args(["--bin", name]),
        AppTarget::Example(name) => command.args(["--example", name]),
    };
    if app.is_release() {
        command.arg("--release");
    }
    if in_colours {
        command.args(["--color=always", "--message-format=json-diagnostic-rendered-ansi"]);
    } else {
        command.args(["--color=never", "--message-format=json"]);
    }
    if terminal::is_there() {
        set_default(&mut command, "CARGO_TERM_PROGRESS_WHEN", "always");
        set_default(&mut command, "CARGO_TERM_PROGRESS_WIDTH", PROGRESS_WIDTH);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn set_default(command: &mut Command, name: &str, value: &str) {
    if std::env::var_os(name).is_none() {
        command.env(name, value);
    }
}

/// The command as the user would type it.
fn shown(command: &Command) -> String {
    let args = command.as_std().get_args().map(|arg| arg.to_string_lossy());
    let ours = |arg: &str| arg.starts_with("--message-format") || arg.starts_with("--color");
    let args: Vec<_> = args.filter(|arg| !ours(arg)).collect();
    format!("cargo {}", args.join(" "))
}

/// Passes on what cargo says until it has ended.
///
/// What the compiler says comes on stdout and is always read first: cargo's own last word, on stderr, is about it.
async fn listen(mut child: Child, app: &App, heard: &mut Heard) -> io::Result<ExitStatus> {
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return child.wait().await;
    };
    let mut messages = BufReader::new(stdout).lines();
    let mut words = Vec::with_capacity(8 * 1024);
    let (mut has_messages, mut has_words) = (true, true);
    let talk = async {
        while has_messages || has_words {
            tokio::select! {
                biased;
                line = messages.next_line(), if has_messages => match line {
                    Ok(Some(line)) => heard.message(&line, app),
                    Ok(None) | Err(_) => has_messages = false,
                },
                read = stderr.read_buf(&mut words), if has_words => {
                    has_words = matches!(read, Ok(1..));
                    heard.words(&words);
                    words.clear();
                }
            }
        }
    };
    let mut talk = std::pin::pin!(talk);
    let status = tokio::select! {
        () = &mut talk => return child.wait().await,
        status = child.wait() => status,
    };
    let _ = timeout(LAST_WORDS, talk).await;
    status
}

/// What cargo and the compiler have said.
#[derive(Debug, Default)]
struct Heard {
    executable: Option<PathBuf>,
    /// What the compiler calls errors, as plain text.
    errors: String,
    /// Cargo's own words, for what is no error of the compiler's.
    words: Vec<u8>,
    lock: Lock,
    /// Whether the compiler has said anything.
    has_begun: bool,
}

impl Heard {
    fn message(&mut self, line: &str, app: &App) {
        // Cargo has written its lock file before it calls the compiler; who writes it later has written another one.
        if !std::mem::replace(&mut self.has_begun, true) {
            self.lock = Lock::of(app);
        }
        match serde_json::from_str(line) {
            Ok(Message::CompilerArtifact(artifact)) => {
                let is_ours =
                    artifact.target.name == app.name() && artifact.target.kind.contains(&app.target().kind());
                if let Some(executable) = artifact.executable.filter(|_| is_ours) {
                    self.executable = Some(executable.into());
                }
            }
            Ok(Message::CompilerMessage(message)) => self.diagnostic(&message.message),
            _ => {}
        }
    }

    fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let Some(rendered) = &diagnostic.rendered else { return };
        terminal::pass_on(rendered);
        if matches!(diagnostic.level, DiagnosticLevel::Error | DiagnosticLevel::Ice) {
            self.errors.push_str(&terminal::plain(rendered));
        }
    }

    fn words(&mut self, words: &[u8]) {
        terminal::pass_on_bytes(words);
        let room = KEPT_BYTES.saturating_sub(self.words.len());
        self.words.extend_from_slice(&words[..words.len().min(room)]);
    }

    /// What went wrong: the compiler's errors, else what cargo says from its first error on.
    fn errors(&self) -> String {
        if !self.errors.is_empty() {
            return self.errors.trim_end().to_owned();
        }
        let words = terminal::plain(&String::from_utf8_lossy(&self.words));
        let is_before = |line: &&str| !line.starts_with("error");
        words.lines().skip_while(is_before).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_error_of_the_compilers_cargos_own_words_are_shown() {
        let mut heard = Heard::default();
        heard.words.extend_from_slice(
            b"\x1b[1m\x1b[92m   Compiling\x1b[0m app\n    Building [  ] 0/1\r\x1b[K\x1b[91merror\x1b[0m: no such key\n  --> Cargo.toml\n",
        );
        assert_eq!(heard.errors(), "error: no such key\n  --> Cargo.toml");
        heard.errors = "error[E0308]: mismatched types\n\n".to_owned();
        assert_eq!(heard.errors(), "error[E0308]: mismatched types");
    }
}
