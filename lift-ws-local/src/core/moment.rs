//! Time as the core sees it: a number that the caller hands in.

use std::fmt;
use std::time::Duration;

/// A point in time: milliseconds since the Unix epoch, given by the caller.
///
/// Nothing in the core reads a clock. The shell hands in the system's time, a test whatever it likes.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use lift_ws_local::core::Moment;
///
/// let connected = Moment::from_millis(1_777_976_430_100);
/// assert_eq!(connected.after(Duration::from_secs(1)).as_millis(), 1_777_976_431_100);
/// assert_eq!(connected.to_string(), "2026-05-05T10:20:30.100Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The point in time that is `millis` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment and `duration` more; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; zero if it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The form of `requestContext.requestTime`, `05/May/2026:10:20:30 +0000` (contract §2.1).
    #[must_use]
    pub fn request_time(self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let Civil { year, month, day, hour, minute, second, .. } = self.civil();
        let month = MONTHS[usize::from(month - 1)];
        // Every event has it; formatting with widths takes ten times as long.
        let mut text = String::with_capacity(26);
        push_digits(&mut text, u64::from(day), 2);
        text.push('/');
        text.push_str(month);
        text.push('/');
        push_digits(&mut text, year, 4);
        for part in [hour, minute, second] {
            text.push(':');
            push_digits(&mut text, part, 2);
        }
        text.push_str(" +0000");
        text
    }

    /// Whole seconds since the Unix epoch.
    pub(super) const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The second that `20260505T102030Z` names, the form of signatures; nothing if there is none.
    pub(super) fn from_basic(text: &str) -> Option<Self> {
        let digits: Vec<u64> =
            text.bytes().filter(u8::is_ascii_digit).map(|digit| u64::from(digit - b'0')).collect();
        let is_basic =
            text.len() == 16 && text.as_bytes()[8] == b'T' && text.ends_with('Z') && digits.len() == 14;
        if !is_basic {
            return None;
        }
        let number = |from: usize, to: usize| digits[from..to].iter().fold(0, |all, digit| all * 10 + digit);
        let (month, day) = (number(4, 6), number(6, 8));
        let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
        let days = days_of(number(0, 4), month, day)?;
        // Days that no month has, such as February 30, are those of another date.
        let (_, of_month, of_day) = date_of(days);
        let is_date = (u64::from(of_month), u64::from(of_day)) == (month, day);
        let is_time = hour < 24 && minute < 60 && second < 60;
        (is_date && is_time).then(|| Self((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000))
    }

    fn civil(self) -> Civil {
        let (days, within) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = date_of(days);
        let seconds = within / 1000;
        Civil {
            year,
            month,
            day,
            hour: seconds / 3600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            millisecond: within % 1000,
        }
    }
}

/// ISO 8601 with milliseconds, the form of `@connections` (contract §5.4): `2026-01-02T03:04:05.678Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day, hour, minute, second, millisecond } = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
    }
}

struct Civil {
    year: u64,
    month: u8,
    day: u8,
    hour: u64,
    minute: u64,
    second: u64,
    millisecond: u64,
}

/// Year, month and day of the Gregorian calendar for a number of days since 1970-01-01.
///
/// Appends a number with at least this many digits.
fn push_digits(text: &mut String, number: u64, least: u32) {
    let digits = number.checked_ilog10().map_or(1, |log| log + 1).max(least);
    for place in (0..digits).rev() {
        text.push(char::from(b'0' + (number / 10_u64.pow(place) % 10) as u8));
    }
}

/// Years are counted from March, so that the leap day is the last of its year; 400 years have 146,097 days.
fn date_of(days: u64) -> (u64, u8, u8) {
    let days = days + 719_468; // days from 0000-03-01 to 1970-01-01
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month as u8, day as u8)
}

/// The opposite of [`date_of`]; nothing before 1970.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    let is_near = (1..=12).contains(&month) && (1..=31).contains(&day);
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + day_of_year;
    let days = (year / 400 * 146_097 + day_of_era).checked_sub(719_468);
    days.filter(|_| is_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_time_has_the_shape_of_the_contract() {
        assert_eq!(Moment::from_millis(1_777_976_430_100).request_time(), "05/May/2026:10:20:30 +0000");
    }

    #[test]
    fn dates_around_leap_days_and_the_ends_of_years_are_right() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Moment::from_millis(millis).to_string(), expected);
        }
    }

    #[test]
    fn the_dates_of_signatures_are_read_and_what_is_none_is_not() {
        for (text, expected) in [
            ("19700101T000000Z", "1970-01-01T00:00:00.000Z"),
            ("20260505T102030Z", "2026-05-05T10:20:30.000Z"),
            ("20240229T235959Z", "2024-02-29T23:59:59.000Z"),
            ("20251231T000001Z", "2025-12-31T00:00:01.000Z"),
        ] {
            assert_eq!(Moment::from_basic(text).unwrap().to_string(), expected);
        }
        for none in [
            "",
            "20260505",
            "20260230T000000Z",
            "20261301T000000Z",
            "20260500T000000Z",
            "20260505T240000Z",
            "20260505T1020300",
            "2026-05-05T10:20Z",
            "19691231T235959Z",
            "00000101T000000Z",
            "é0260505T10203Z",
        ] {
            assert_eq!(Moment::from_basic(none), None, "{none}");
        }
    }

    #[test]
    fn the_end_of_time_does_not_panic() {
        let end = Moment::from_millis(u64::MAX);
        assert_eq!(end.after(Duration::from_secs(1)), end);
        assert!(!end.to_string().is_empty() && !end.request_time().is_empty());
    }
}
