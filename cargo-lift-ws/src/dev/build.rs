//! Building the app with cargo, whose own output the user sees.

use std::path::PathBuf;
use std::process::Stdio;

use cargo_metadata::Message;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::DevError;
use super::app::{App, AppTarget};

/// Builds the app; the path of its binary.
pub(super) async fn build(app: &App) -> Result<PathBuf, DevError> {
    let mut command = command(app);
    let shown = shown(&command);
    let mut child = command.spawn().map_err(DevError::Cargo)?;
    let mut executable = None;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await.map_err(DevError::Cargo)? {
            if let Some(path) = executable_of(&line, app) {
                executable = Some(path);
            }
        }
    }
    let status = child.wait().await.map_err(DevError::Cargo)?;
    match executable {
        Some(path) if status.success() => Ok(path),
        _ => Err(DevError::Build { command: shown }),
    }
}

fn command(app: &App) -> Command {
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
    command.arg("--message-format=json-render-diagnostics");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// The command as the user would type it.
fn shown(command: &Command) -> String {
    let args = command.as_std().get_args().map(|arg| arg.to_string_lossy());
    let args: Vec<_> = args.filter(|arg| !arg.starts_with("--message-format")).collect();
    format!("cargo {}", args.join(" "))
}

/// The path in cargo's message about the binary that was asked for.
fn executable_of(line: &str, app: &App) -> Option<PathBuf> {
    let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else { return None };
    let is_ours = artifact.target.name == app.name() && artifact.target.kind.contains(&app.target().kind());
    artifact.executable.filter(|_| is_ours).map(Into::into)
}
