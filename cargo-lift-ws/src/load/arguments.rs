//! The arguments of `load`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

const EXAMPLES: &str = "\
A script is a line for each step; what stands after `repeat` is done over and over:

  send {\"action\":\"join\",\"room\":\"r{{connection % 10}}\",\"name\":\"p{{connection}}\"}
  receive joined                     wait for a message that has this text
  repeat
  send {\"action\":\"say\",\"room\":\"r{{connection % 10}}\",\"text\":\"hello {{message}}\"}
  receive hello {{message}}
  pause 1s

`{{connection}}` is the number of the connection, `{{message}}` that of its message; `% 10` makes ten of them.

Examples:
  cargo lift-ws load ws://127.0.0.1:3000/dev --connections 1000
  cargo lift-ws load ws://127.0.0.1:3000/dev --send '{\"action\":\"ping\"}' --connections 50
  cargo lift-ws load ws://127.0.0.1:3000/dev --script chat.load --json - --picture load.svg";

/// The arguments of `load`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LoadArguments {
    /// The WebSocket URL, as `ready` of `cargo lift-ws dev` says it; may hold {{connection}}
    pub(crate) url: String,

    /// How many connections to open
    #[arg(long, short, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) connections: u32,

    /// Connections to open per second; as fast as 256 handshakes at a time allow, if absent
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,

    /// How long to go on once all are open
    #[arg(long, short, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) duration: Duration,

    /// Message that each connection sends, one at a time: the next when something came back
    #[arg(long, value_name = "TEXT", conflicts_with = "script")]
    pub(crate) send: Option<String>,

    /// Steps of each connection, see below
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,

    /// How long to wait for what is to be received, and for a handshake
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// Header of the handshake, as `Name: value`; may be given several times
    #[arg(long, value_name = "HEADER", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,

    /// Subprotocol to offer; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) subprotocol: Vec<String>,

    /// Write the figures to this file; `-` prints them in place of the text
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Draw the latencies into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,

    /// Load an endpoint that is not on this machine: only one of yours
    #[arg(long)]
    pub(crate) i_own_this_endpoint: bool,
}

/// `250ms`, `10s`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => f64::NAN,
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
        .filter(|time| *time <= Duration::from_secs(24 * 60 * 60))
        .ok_or_else(|| format!("`{text}` is no time: write it as 250ms, 10s or 2m, a day at most"))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `Name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cargo, Subcommand};
    use clap::Parser;
    use clap::error::ErrorKind;

    fn parse(arguments: &[&str]) -> Result<LoadArguments, ErrorKind> {
        let all = ["cargo", "lift-ws", "load"].iter().chain(arguments);
        let Cargo::LiftWs(parsed) = Cargo::try_parse_from(all).map_err(|error| error.kind())?;
        let Subcommand::Load(load) = parsed.subcommand else { panic!("not load") };
        Ok(*load)
    }

    #[test]
    fn a_url_is_all_that_is_needed() {
        let load = parse(&["ws://127.0.0.1:3000/dev"]).unwrap();
        assert_eq!((load.connections, load.duration), (50, Duration::from_secs(10)));
        assert!(!load.i_own_this_endpoint);
        assert_eq!(parse(&[]).unwrap_err(), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn times_have_units() {
        for (text, millis) in [("250ms", 250), ("10s", 10_000), ("1.5s", 1_500), ("2m", 120_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
        }
        for text in ["", "10", "s", "-1s", "1h", "1e9s", "99999m", "..s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let url = "ws://127.0.0.1:1/dev";
        assert_eq!(parse(&[url, "--connections", "0"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&[url, "--duration", "10"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&[url, "--header", "x"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&[url, "--send", "a", "--script", "b"]).unwrap_err(), ErrorKind::ArgumentConflict);
    }
}
