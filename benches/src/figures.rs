//! Figures of other binaries: those that link the AWS SDK, and the one whose allocator counts.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// The package of the binaries that link the AWS SDK.
pub(crate) const BESIDE_THE_SDK: &str = "lift-ws-bench-aws";

/// What one binary printed: lines of `NAME FIGURE`.
pub(crate) struct Figures {
    of: &'static str,
    by_name: HashMap<String, f64>,
}

impl Figures {
    /// Builds a binary that links the AWS SDK, and lets it measure.
    ///
    /// # Errors
    ///
    /// When it cannot be built, or fails.
    pub(crate) fn beside_the_sdk(root: &Path, bin: &'static str, rounds: usize) -> Result<Self, String> {
        crate::build(root, BESIDE_THE_SDK, bin, "")?;
        eprintln!("{bin}");
        let path = crate::target(root).join("release").join(bin);
        Self::printed_by(bin, Command::new(path).arg(rounds.to_string()))
    }

    /// How often one operation allocates.
    ///
    /// # Errors
    ///
    /// When the binary cannot be built, or fails.
    pub(crate) fn of_allocations(root: &Path) -> Result<Self, String> {
        let arguments =
            ["run", "--release", "--quiet", "--package", "lift-ws-benches", "--bin", "allocations"];
        Self::printed_by("allocations", Command::new(env!("CARGO")).current_dir(root).args(arguments))
    }

    fn printed_by(of: &'static str, command: &mut Command) -> Result<Self, String> {
        let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{of}: {error}"))?;
        let by_name = figures(&String::from_utf8_lossy(&output.stdout));
        if output.status.success() { Ok(Self { of, by_name }) } else { Err(format!("{of} failed")) }
    }

    /// # Errors
    ///
    /// When the binary did not print it.
    pub(crate) fn get(&self, name: &str) -> Result<f64, String> {
        self.by_name.get(name).copied().ok_or_else(|| format!("{} gave no figure for {name}", self.of))
    }
}

fn figures(lines: &str) -> HashMap<String, f64> {
    let pairs = lines.lines().filter_map(|line| line.split_once(' '));
    pairs.filter_map(|(name, figure)| Some((name.to_owned(), figure.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_a_figure_and_others_are_passed_over() {
        let figures = figures("save-ours 39.5\nrounds\nsave-sdk 38\nload many\n");
        assert_eq!(figures, HashMap::from([("save-ours".to_owned(), 39.5), ("save-sdk".to_owned(), 38.0)]));
    }
}
