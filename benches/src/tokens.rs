//! Verifying a token beside jsonwebtoken alone, in a binary of its own: nothing else here needs the keys.

use crate::report::{Gate, Report};
use std::path::Path;
use std::process::{Command, Stdio};

const SECTION: &str = "a token (beside jsonwebtoken with the key already parsed)";

/// Adds the rows.
///
/// # Errors
///
/// When the binary cannot be built, or gives no figures.
pub(crate) fn measure(root: &Path, quick: bool, report: &mut Report) -> Result<(), String> {
    crate::build(root, "lift-ws-bench-tokens", "tokens", "")?;
    eprintln!("tokens");
    let mut tokens = Command::new(crate::target(root).join("release").join("tokens"));
    let rounds = if quick { "40" } else { "200" };
    let output =
        tokens.arg(rounds).stderr(Stdio::inherit()).output().map_err(|error| format!("tokens: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: Vec<_> = text.lines().filter_map(figures).collect();
    if figures.is_empty() {
        return Err("tokens gave no figures".to_owned());
    }
    for (algorithm, ours, peer) in figures {
        report.ratio(SECTION, format!("verify, {algorithm}"), "ns", ours, peer, Gate::AtMost(1.1));
    }
    Ok(())
}

/// `ALGORITHM OURS PEER`.
fn figures(line: &str) -> Option<(&str, f64, f64)> {
    let mut words = line.split(' ');
    Some((words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
