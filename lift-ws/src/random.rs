//! Ids that nobody else has.

use crate::ambient;
use std::time::UNIX_EPOCH;

/// A text of 32 hexadecimal digits, unlike any other: the time and 64 random bits. Ids only have to differ, also between
/// two environments that were restored from one snapshot; they are no secrets.
pub(crate) fn token() -> String {
    let now = ambient::time_of_day().duration_since(UNIX_EPOCH).unwrap_or_default();
    let half = || (ambient::fraction() * f64::from(u32::MAX)) as u32;
    format!("{:016x}{:08x}{:08x}", now.as_nanos() as u64, half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tokens_differ_and_have_one_length() {
        let tokens: HashSet<String> = (0..1_000).map(|_| token()).collect();
        assert_eq!(tokens.len(), 1_000);
        assert!(tokens.iter().all(|token| token.len() == 32));
    }
}
