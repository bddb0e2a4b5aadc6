//! The figures, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::LoadArguments;
use super::tally::Tally;

/// The percentiles that are told.
pub(super) const PERCENTILES: [f64; 6] = [50.0, 75.0, 90.0, 99.0, 99.9, 100.0];

/// What a load showed. Times are in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) url: String,
    pub(super) connections: Connections,
    pub(super) messages: Messages,
    /// From sending to the answer.
    pub(super) latency: Option<Latency>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connections {
    wanted: u32,
    opened: usize,
    opened_in_seconds: f64,
    opened_per_second: f64,
    handshake: Option<Latency>,
    /// Why handshakes failed, and how many.
    not_opened: BTreeMap<String, u64>,
    /// Why connections ended before the load did, and how many.
    lost: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Messages {
    seconds: f64,
    sent: u64,
    sent_per_second: f64,
    answered: u64,
    answered_per_second: f64,
    unanswered: u64,
    /// Answers that were error frames, by their code.
    refused: BTreeMap<String, u64>,
    /// Received, and no step waited for them.
    unasked: u64,
    unasked_per_second: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    count: u64,
    mean: f64,
    percentiles: [Percentile; PERCENTILES.len()],
    /// For the picture.
    #[serde(skip)]
    pub(super) histogram: Histogram<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Percentile {
    percentile: f64,
    millis: f64,
}

/// How long the two parts took.
pub(super) struct Times {
    pub(super) opening: Duration,
    pub(super) loading: Duration,
}

impl Report {
    pub(super) fn of(arguments: &LoadArguments, opened: usize, times: Times, tally: &Tally) -> Self {
        let (counts, failures) = (tally.counts(), tally.failures());
        let (opening, loading) = (times.opening.as_secs_f64(), times.loading.as_secs_f64());
        Self {
            url: without_secrets(&arguments.url),
            connections: Connections {
                wanted: arguments.connections,
                opened,
                opened_in_seconds: opening,
                opened_per_second: opened as f64 / opening,
                handshake: Latency::of(tally.handshakes()),
                not_opened: failures.not_opened,
                lost: failures.lost,
            },
            messages: Messages {
                seconds: loading,
                sent: counts.sent,
                sent_per_second: counts.sent as f64 / loading,
                answered: counts.answered,
                answered_per_second: counts.answered as f64 / loading,
                unanswered: counts.unanswered,
                refused: failures.refused,
                unasked: counts.unasked,
                unasked_per_second: counts.unasked as f64 / loading,
            },
            latency: Latency::of(tally.answers()),
        }
    }
}

/// Figures and pictures are shown to others: tokens are in the query, and passwords before the host.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

impl Latency {
    fn of(histogram: Histogram<u64>) -> Option<Self> {
        if histogram.is_empty() {
            return None;
        }
        let at = |percentile: f64| {
            let millis = millis(histogram.value_at_percentile(percentile));
            Percentile { percentile, millis }
        };
        Some(Self {
            count: histogram.len(),
            mean: histogram.mean() / 1_000.0,
            percentiles: PERCENTILES.map(at),
            histogram,
        })
    }
}

pub(super) fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections: c, messages: m, .. } = self;
        writeln!(
            f,
            "connections  {} of {} opened in {:.2} s, {:.0}/s",
            c.opened, c.wanted, c.opened_in_seconds, c.opened_per_second
        )?;
        if let Some(handshake) = &c.handshake {
            writeln!(f, "handshake    {handshake}")?;
        }
        if m.sent + m.answered + m.unasked > 0 {
            writeln!(f, "messages     {} sent in {:.2} s, {:.0}/s", m.sent, m.seconds, m.sent_per_second)?;
        }
        if m.answered + m.unanswered > 0 {
            writeln!(
                f,
                "answers      {}, {:.0}/s; {} never came",
                m.answered, m.answered_per_second, m.unanswered
            )?;
        }
        if m.unasked > 0 {
            writeln!(
                f,
                "others       {} messages that no step waited for, {:.0}/s",
                m.unasked, m.unasked_per_second
            )?;
        }
        if let Some(latency) = &self.latency {
            writeln!(f, "latency      {latency}")?;
        }
        for (what, failures) in [("refused", &m.refused), ("not opened", &c.not_opened), ("lost", &c.lost)] {
            for (why, count) in failures {
                writeln!(f, "{what:<12} {count}: {why}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Percentile { percentile, millis }) in self.percentiles.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            match *percentile < 100.0 {
                true => write!(f, "{comma}p{percentile} {millis:.2} ms")?,
                false => write!(f, "{comma}longest {millis:.2} ms")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_tells_its_percentiles_in_order() {
        let mut histogram = Histogram::new(3).unwrap();
        for micros in 1..=1_000 {
            histogram.record(micros * 10).unwrap();
        }
        let latency = Latency::of(histogram).unwrap();
        let said = latency.to_string();
        assert!(said.starts_with("p50 5.00 ms, p75 7.5"), "{said}");
        assert!(said.contains("p99.9 ") && said.contains(", longest 10.0"), "{said}");
        let json = serde_json::to_value(&latency).unwrap();
        assert_eq!(json["count"], 1_000);
        assert_eq!(json["percentiles"][4]["percentile"], 99.9);
        assert!(json["percentiles"][4]["millis"].as_f64().unwrap() > 9.9);
    }

    #[test]
    fn a_report_names_the_endpoint_and_none_of_its_secrets() {
        for url in ["ws://127.0.0.1:3000/dev?token=secret", "ws://ann:secret@127.0.0.1:3000/dev#secret"] {
            let arguments = LoadArguments {
                url: url.to_owned(),
                connections: 1,
                rate: None,
                duration: Duration::ZERO,
                send: None,
                script: None,
                timeout: Duration::ZERO,
                header: Vec::new(),
                subprotocol: Vec::new(),
                json: None,
                picture: None,
                i_own_this_endpoint: false,
            };
            let times = Times { opening: Duration::from_secs(1), loading: Duration::from_secs(1) };
            assert_eq!(Report::of(&arguments, 0, times, &Tally::new()).url, "ws://127.0.0.1:3000/dev");
        }
    }
}
