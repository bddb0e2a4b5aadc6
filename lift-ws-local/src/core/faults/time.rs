//! Times as people write them.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Reads `200ms`, `5s`, `10m` or `2h`; `None` for anything else. A unit is needed: whoever writes `200` means one.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    number.parse::<u64>().ok()?.checked_mul(millis).map(Duration::from_millis)
}

/// Writes a time in the largest unit that needs no fraction.
pub(crate) fn written(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let fitting = UNITS.iter().rev().find(|(_, unit)| millis >= *unit && millis.is_multiple_of(*unit));
    match fitting {
        Some((name, unit)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["200ms", "1500ms", "5s", "90s", "10m", "2h", "0ms"] {
            assert_eq!(written(parse_duration(text).unwrap()), text);
        }
        assert_eq!(written(parse_duration("120m").unwrap()), "2h");
        assert_eq!(written(parse_duration("0h").unwrap()), "0ms");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "5",
            "s",
            "-5s",
            "5 s",
            "1.5s",
            "5d",
            "5sec",
            "99999999999999999999ms",
            "18446744073709551615h",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
