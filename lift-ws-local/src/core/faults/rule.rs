//! One fault and how often it happens, as people write it: `slow:200ms:0.5`.

use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;
use std::{error, fmt};

use serde::{Serialize, Serializer};

use super::Fault;
use super::kind::FaultKind;
use super::time::{parse_duration, written};

/// No fault holds anything up for longer; more would be no fault but the end.
const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The number of a rule in a running gateway, counted from 1 and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FaultRuleId(pub u64);

/// One fault, at which of its occasions it happens, and how often at most.
///
/// Written as `KIND[:TIME][:HOW-OFTEN][:xCOUNT]`: how often is a probability (`0.1`, `10%`) or every so many
/// (`every-3`); always, if it is left out. A number of 1 and more without a unit is refused where a time may stand: `slow:1`
/// may mean a second as well as always.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use lift_ws_local::core::{Fault, FaultRule};
///
/// let rule: FaultRule = "slow:200ms:0.5".parse()?;
/// assert_eq!(rule, FaultRule::new(Fault::SlowIntegration(Duration::from_millis(200))).with_probability(0.5)?);
/// let rule: FaultRule = "drop-disconnect:every-10:x3".parse()?;
/// assert_eq!(rule.to_string(), "drop-disconnect:every-10:x3");
/// # Ok::<(), lift_ws_local::core::FaultRuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    fault: Fault,
    pub(super) when: When,
    limit: Option<NonZeroU64>,
}

/// At which of its occasions a fault happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Always,
    /// More than 0 and less than 1.
    Sometimes(f64),
    /// At the last of so many, so that the first occasion is a good one.
    Every(NonZeroU64),
}

impl FaultRule {
    /// A fault that happens at each of its occasions.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, when: When::Always, limit: None }
    }

    /// It happens by chance, which the seed of the plan decides.
    ///
    /// # Errors
    ///
    /// If this is not more than 0 and at most 1.
    pub fn with_probability(self, probability: f64) -> Result<Self, FaultRuleError> {
        if probability == 1.0 {
            Ok(Self { when: When::Always, ..self })
        } else if probability > 0.0 && probability < 1.0 {
            Ok(Self { when: When::Sometimes(probability), ..self })
        } else {
            Err(FaultRuleError::Probability(probability.to_string()))
        }
    }

    /// It happens at every `n`th occasion: the `n`th, the `2n`th and so on.
    #[must_use]
    pub fn every(self, n: NonZeroU64) -> Self {
        let when = if n.get() == 1 { When::Always } else { When::Every(n) };
        Self { when, ..self }
    }

    /// It happens so many times and then no more.
    #[must_use]
    pub fn at_most(self, times: NonZeroU64) -> Self {
        Self { limit: Some(times), ..self }
    }

    /// It happens once and then no more.
    #[must_use]
    pub fn once(self) -> Self {
        self.at_most(NonZeroU64::MIN)
    }

    /// What happens.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// How often it happens at most, if there is a limit.
    #[must_use]
    pub fn limit(&self) -> Option<NonZeroU64> {
        self.limit
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FaultKind::of(self.fault).name())?;
        if let Some(time) = self.fault.time() {
            write!(f, ":{}", written(time))?;
        }
        match self.when {
            When::Always => {}
            When::Sometimes(probability) => write!(f, ":{probability}")?,
            When::Every(n) => write!(f, ":every-{n}")?,
        }
        match self.limit {
            Some(times) => write!(f, ":x{times}"),
            None => Ok(()),
        }
    }
}

impl FromStr for FaultRule {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default().trim();
        let kind = FaultKind::named(name).ok_or_else(|| FaultRuleError::Kind(name.to_owned()))?;
        let mut rule = Self::new(kind.usual());
        // Each part at most once, in this order.
        let mut rest = parts.map(str::trim).peekable();
        if let Some(time) = rest.next_if(|part| is_time(part)) {
            rule.fault = fault_of(kind, time)?;
        } else if let Some(part) = rest.peek().filter(|part| lacks_unit(kind, part)) {
            return Err(FaultRuleError::Unit(kind.name(), (*part).to_owned()));
        }
        if let Some(when) = rest.next_if(|part| !part.starts_with('x')) {
            rule = rule.happening(when)?;
        }
        if let Some(times) = rest.next() {
            let count = times.strip_prefix('x').and_then(|count| count.parse().ok());
            rule = rule.at_most(count.ok_or_else(|| FaultRuleError::Part(times.to_owned()))?);
        }
        match rest.next() {
            None => Ok(rule),
            Some(part) => Err(FaultRuleError::Part(part.to_owned())),
        }
    }
}

impl FaultRule {
    fn happening(self, when: &str) -> Result<Self, FaultRuleError> {
        if let Some(n) = when.strip_prefix("every-") {
            let n = n.parse().map_err(|_| FaultRuleError::Part(when.to_owned()))?;
            return Ok(self.every(n));
        }
        let (number, unit) = match when.strip_suffix('%') {
            Some(number) => (number, 100.0),
            None => (when, 1.0),
        };
        let number: f64 = number.parse().map_err(|_| FaultRuleError::Part(when.to_owned()))?;
        self.with_probability(number / unit).map_err(|_| FaultRuleError::Probability(when.to_owned()))
    }
}

/// Whether a part is meant as a time: digits and then letters, unless it is a number such as `1e-3`.
fn is_time(part: &str) -> bool {
    if part.trim_end_matches('%').parse::<f64>().is_ok() {
        return false;
    }
    let unit = part.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < part.len() && unit.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Whether a number may be meant as a time, since it stands where one could and is no chance that anybody writes: `slow:1`
/// reads as "always" and as "a second".
fn lacks_unit(kind: &FaultKind, part: &str) -> bool {
    kind.usual_time().is_some() && part.parse::<f64>().is_ok_and(|number| number.is_finite() && number >= 1.0)
}

fn fault_of(kind: &FaultKind, time: &str) -> Result<Fault, FaultRuleError> {
    let parsed = parse_duration(time).filter(|time| *time <= MAX_TIME);
    let parsed = parsed.ok_or_else(|| FaultRuleError::Time(time.to_owned()))?;
    kind.with_time(parsed).ok_or(FaultRuleError::NoTime(kind.name()))
}

impl Serialize for FaultRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a text is no [`FaultRule`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultRuleError {
    /// There is no such kind of fault.
    Kind(String),
    /// This is not a time, or too long a one.
    Time(String),
    /// This number after this kind may be a time, and how often it happens.
    Unit(&'static str, String),
    /// This kind takes no time.
    NoTime(&'static str),
    /// This is not a probability that a fault can have.
    Probability(String),
    /// This part is not understood.
    Part(String),
}

impl fmt::Display for FaultRuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(name) => {
                write!(f, "there is no fault `{}`: write one of ", shown(name))?;
                for (number, kind) in FaultKind::all().iter().enumerate() {
                    write!(f, "{}{}", if number == 0 { "" } else { ", " }, kind.name())?;
                }
                Ok(())
            }
            Self::Time(time) => {
                write!(
                    f,
                    "`{}` is no time up to a day: write it as `200ms`, `5s`, `10m` or `2h`",
                    shown(time)
                )
            }
            Self::Unit(kind, number) => {
                let number = shown(number);
                write!(f, "`{kind}:{number}` may be a time, and how often it happens: ")?;
                match number.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => write!(f, "write `{kind}:{number}s` or `{kind}:{number}ms` for a time")?,
                    false => {
                        write!(f, "write a whole number and its unit for a time, as in `{kind}:1500ms`")?
                    }
                }
                write!(f, ", and `{kind}:50%` or `{kind}:0.5` for how often; always, if it is left out")
            }
            Self::NoTime(kind) => {
                write!(f, "`{kind}` takes no time: write how often it happens, as in `{kind}:0.1`")
            }
            Self::Probability(number) => write!(
                f,
                "`{}` is not how often a fault can happen: write more than 0 and at most 1, or a percentage, or leave \
                 it out for always",
                shown(number)
            ),
            Self::Part(part) => write!(
                f,
                "`{}` is not understood: write KIND[:TIME][:HOW-OFTEN][:xCOUNT], as in `slow:200ms:0.5`, \
                 `drop-disconnect:every-10` or `kill:10%:x3`",
                shown(part)
            ),
        }
    }
}

impl error::Error for FaultRuleError {}

/// As much of what somebody wrote as fits into a line.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> FaultRule {
        text.parse().unwrap()
    }

    #[test]
    fn each_part_may_be_left_out() {
        let slow = |millis| FaultRule::new(Fault::SlowIntegration(Duration::from_millis(millis)));
        let three = NonZeroU64::new(3).unwrap();
        assert_eq!(parsed("slow"), slow(500));
        assert_eq!(parsed("slow:2s"), slow(2_000));
        assert_eq!(parsed("slow:0.25"), slow(500).with_probability(0.25).unwrap());
        assert_eq!(parsed("slow:25e-2"), slow(500).with_probability(0.25).unwrap());
        assert_eq!(parsed("slow:25%"), slow(500).with_probability(0.25).unwrap());
        assert_eq!(parsed("slow:x3"), slow(500).at_most(three));
        assert_eq!(parsed("slow:200ms:every-3:x3"), slow(200).every(three).at_most(three));
        assert_eq!(parsed("slow:100%"), slow(500));
        assert_eq!(parsed("slow:1s:1"), slow(1_000));
        assert_eq!(parsed("kill:1"), FaultRule::new(Fault::EnvironmentKilled));
        assert_eq!(parsed("kill:100%:x1"), FaultRule::new(Fault::EnvironmentKilled).once());
    }

    #[test]
    fn errors_say_what_to_write() {
        for (text, expected) in [
            ("slwo", "there is no fault `slwo`: write one of drop-disconnect, "),
            ("", "there is no fault ``: write one of "),
            (
                "slow:1",
                "`slow:1` may be a time, and how often it happens: write `slow:1s` or `slow:1ms` for a time, and \
                 `slow:50%` or `slow:0.5` for how often",
            ),
            ("slow:200:0.5", "`slow:200` may be a time, and how often it happens: write `slow:200s` or"),
            (
                "cold-start:1.5:x3",
                "`cold-start:1.5` may be a time, and how often it happens: write a whole number",
            ),
            ("slow:inf", "`inf` is not how often"),
            ("slow:200%", "`200%` is not how often a fault can happen: write more than 0 and at most 1"),
            ("slow:200sec", "`200sec` is no time up to a day: write it as `200ms`"),
            ("slow:25h", "`25h` is no time up to a day"),
            ("kill:5s", "`kill` takes no time: write how often it happens, as in `kill:0.1`"),
            ("kill:0", "`0` is not how often a fault can happen"),
            ("kill:-0.5", "`-0.5` is not how often"),
            ("kill:NaN", "`NaN` is not how often"),
            ("kill:inf", "`inf` is not how often"),
            ("kill:often", "`often` is not understood: write KIND[:TIME][:HOW-OFTEN][:xCOUNT]"),
            ("kill:every-0", "`every-0` is not understood"),
            ("kill:x0", "`x0` is not understood"),
            ("kill:x3:0.5", "`0.5` is not understood"),
            ("kill:0.5:0.5", "`0.5` is not understood"),
            ("slow:0.5:200ms", "`200ms` is not understood"),
            ("kill:0.5:x3:", "`` is not understood"),
            ("\u{1b}[2J", "there is no fault `\\u{1b}[2J`"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    fn rule() -> impl Strategy<Value = FaultRule> {
        let kind = prop::sample::select(FaultKind::all());
        let when = prop_oneof![
            Just(When::Always),
            (0.000_001..1.0).prop_map(When::Sometimes),
            (2_u64..).prop_map(|n| When::Every(NonZeroU64::new(n).unwrap())),
        ];
        let limit = prop::option::of((1_u64..).prop_map(|n| NonZeroU64::new(n).unwrap()));
        (kind, 0..86_400_000_u64, when, limit).prop_map(|(kind, millis, when, limit)| FaultRule {
            fault: kind.with_time(Duration::from_millis(millis)).unwrap_or(kind.usual()),
            when,
            limit,
        })
    }

    proptest! {
        #[test]
        fn a_rule_is_read_as_it_is_written(rule in rule()) {
            prop_assert_eq!(parsed(&rule.to_string()), rule);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", tail in "[a-z0-9:.%x-]{0,20}") {
            let _ = text.parse::<FaultRule>();
            let _ = format!("slow:{tail}").parse::<FaultRule>();
        }
    }
}
