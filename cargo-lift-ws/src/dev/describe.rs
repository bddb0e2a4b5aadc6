//! Asking an app what it is: run with `LIFT_WS_DESCRIBE=1` it prints its manifest and exits.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lift_ws_local::core::{Manifest, ManifestError};
use tokio::process::Command;
use tokio::time::timeout;

use super::DevError;
use crate::terminal::one_line;

/// An app that does not know the variable would wait for a Runtime API for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much is shown of a line that is no manifest.
const SHOWN_CHARACTERS: usize = 100;

const IS_IT_AN_APP: &str = "its `main` must be `lift_ws::main::<App, _>(…)`, or call `lift_ws::run` before anything else; another \
     program is run with `--routes FILE -- PROGRAM`";
const LOOK_ABOVE: &str = "nothing may happen before `lift_ws::main`, and nothing else may write to stdout";

pub(super) async fn describe(executable: &Path, app: &str) -> Result<Manifest, DevError> {
    let fail = |problem: String, stderr: &[u8], advice| DevError::Describe {
        app: app.to_owned(),
        problem,
        stderr: String::from_utf8_lossy(stderr).trim_end().to_owned(),
        advice,
    };
    let child = Command::new(executable)
        .env("LIFT_WS_DESCRIBE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = child.map_err(|error| fail(format!("it cannot be run: {error}"), b"", IS_IT_AN_APP))?;
    let output = match timeout(PATIENCE, child.wait_with_output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(fail(format!("its output is lost: {error}"), b"", IS_IT_AN_APP)),
        Err(_) => {
            let problem = format!("with LIFT_WS_DESCRIBE=1 it did not end within {} s", PATIENCE.as_secs());
            return Err(fail(problem, b"", IS_IT_AN_APP));
        }
    };
    if !output.status.success() {
        let problem = format!("with LIFT_WS_DESCRIBE=1 it ended with {}", output.status);
        return Err(fail(problem, &output.stderr, IS_IT_AN_APP));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    if text.trim().is_empty() {
        let problem = "with LIFT_WS_DESCRIBE=1 it printed no manifest".to_owned();
        return Err(fail(problem, &output.stderr, IS_IT_AN_APP));
    }
    let text = text.trim();
    Manifest::parse(text).map_err(|error| fail(problem(text, &error), &output.stderr, LOOK_ABOVE))
}

/// Whoever prints something before the manifest looks for it, not for a place in JSON.
fn problem(text: &str, error: &ManifestError) -> String {
    match text.lines().next() {
        Some(first) if !first.starts_with('{') => {
            format!("what it prints is not JSON, but begins with `{}`", one_line(first, SHOWN_CHARACTERS))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn script(dir: &tempfile::TempDir, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.path().join("app.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[tokio::test]
    async fn the_manifest_is_what_the_app_prints() {
        let dir = tempfile::tempdir().unwrap();
        let app = script(&dir, r#"[ "$LIFT_WS_DESCRIBE" = 1 ] && echo '{"routes":[{"routeKey":"say"}]}'"#);
        assert_eq!(describe(&app, "app").await.unwrap().routes[0].route_key, "say");
    }

    #[tokio::test]
    async fn an_app_that_fails_is_quoted_and_advice_is_given() {
        let dir = tempfile::tempdir().unwrap();
        let app = script(&dir, "echo 'no such file: config.toml' >&2; exit 4");
        let text = describe(&app, "chat").await.unwrap_err().to_string();
        assert!(text.starts_with("`chat` does not describe itself: "), "{text}");
        assert!(text.contains("exit status: 4") && text.contains("  | no such file: config.toml"), "{text}");
        assert!(text.contains("lift_ws::main"), "{text}");
    }

    #[tokio::test]
    async fn an_app_that_prints_nothing_or_nonsense_is_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let silent = describe(&script(&dir, "true"), "app").await.unwrap_err().to_string();
        assert!(silent.contains("printed no manifest"), "{silent}");
        let chatty = script(&dir, r#"printf 'hello\033[2J\n'; echo '{"routes":[{"routeKey":"say"}]}'"#);
        let chatty = describe(&chatty, "app").await.unwrap_err().to_string();
        assert!(chatty.contains("is not JSON, but begins with `hello\u{fffd}[2J`"), "{chatty}");
        assert!(chatty.contains("stdout"), "{chatty}");
    }
}
