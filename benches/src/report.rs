//! The table: what was measured, beside what, and which gates it passes.

use serde::Serialize;
use std::fmt::Write as _;

/// A limit that a figure must keep.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "limit")]
pub(crate) enum Gate {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
    /// Reported only.
    None,
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    section: &'static str,
    name: String,
    ours: Option<f64>,
    peer: Option<f64>,
    unit: &'static str,
    /// What the gate judges.
    figure: f64,
    figure_unit: &'static str,
    gate: Gate,
    passed: Option<bool>,
}

/// All lines, and words on what was left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
    left_out: Vec<String>,
}

impl Report {
    /// Ours in proportion to a peer's: below 1 is less than the peer's.
    pub(crate) fn ratio(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        ours: f64,
        peer: f64,
        gate: Gate,
    ) {
        self.push(section, name, unit, (Some(ours), Some(peer)), (ours / peer, "×"), gate);
    }

    /// How many times as fast ours is as a peer.
    pub(crate) fn speed_up(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        ours: f64,
        peer: f64,
        gate: Gate,
    ) {
        self.push(section, name, unit, (Some(ours), Some(peer)), (peer / ours, "× as fast"), gate);
    }

    /// Ours less a peer's.
    pub(crate) fn difference(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        ours: f64,
        peer: f64,
        gate: Gate,
    ) {
        self.push(section, name, unit, (Some(ours), Some(peer)), (ours - peer, unit), gate);
    }

    /// A figure that stands alone.
    pub(crate) fn figure(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        ours: f64,
        gate: Gate,
    ) {
        self.push(section, name, unit, (Some(ours), None), (ours, unit), gate);
    }

    /// Says that something could not be measured here, and why.
    pub(crate) fn leave_out(&mut self, what: impl Into<String>) {
        self.left_out.push(what.into());
    }

    fn push(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        (ours, peer): (Option<f64>, Option<f64>),
        (figure, figure_unit): (f64, &'static str),
        gate: Gate,
    ) {
        let passed = match gate {
            Gate::AtMost(limit) => Some(figure <= limit),
            Gate::AtLeast(limit) => Some(figure >= limit),
            Gate::None => None,
        };
        self.rows.push(Row {
            section,
            name: name.into(),
            ours,
            peer,
            unit,
            figure,
            figure_unit,
            gate,
            passed,
        });
    }

    /// How many gates were kept and how many were not.
    pub(crate) fn verdict(&self) -> (usize, usize) {
        let count = |wanted| self.rows.iter().filter(|row| row.passed == Some(wanted)).count();
        (count(true), count(false))
    }

    /// The table as text.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{:<58} {:>10} {:>10} {:<5} {:>10}  gate\n", "", "ours", "peer", "", "");
        let mut section = "";
        for row in &self.rows {
            if row.section != section {
                section = row.section;
                let _ = writeln!(text, "{section}");
            }
            let _ = writeln!(
                text,
                "  {:<56} {:>10} {:>10} {:<5} {:>10}  {}",
                row.name,
                number(row.ours),
                number(row.peer),
                row.unit,
                figure(row),
                verdict(row)
            );
        }
        for what in &self.left_out {
            let _ = writeln!(text, "left out: {what}");
        }
        text
    }
}

fn figure(row: &Row) -> String {
    match row.peer {
        Some(_) if row.figure_unit == row.unit => format!("{:+.2}", row.figure),
        Some(_) => format!("{:.2} ×", row.figure),
        None => String::new(),
    }
}

fn verdict(row: &Row) -> String {
    let limit = match row.gate {
        Gate::AtMost(limit) => format!("≤ {limit}"),
        Gate::AtLeast(limit) => format!("≥ {limit}"),
        Gate::None => return String::new(),
    };
    let word = if row.passed == Some(true) { "pass" } else { "FAIL" };
    format!("{word} ({limit})")
}

fn number(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(value) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) if value < 100.0 => format!("{value:.2}"),
        Some(value) => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_kept_at_its_limit_and_broken_beyond_it() {
        let mut report = Report::default();
        report.ratio("s", "at the limit", "ns", 3.0, 10.0, Gate::AtMost(0.3));
        report.ratio("s", "beyond", "ns", 3.1, 10.0, Gate::AtMost(0.3));
        report.speed_up("s", "fast enough", "ns", 1.0, 6.0, Gate::AtLeast(6.0));
        report.figure("s", "no gate", "s", 1.0, Gate::None);
        assert_eq!(report.verdict(), (2, 1));
        assert!(report.table().contains("FAIL (≤ 0.3)"));
    }
}
