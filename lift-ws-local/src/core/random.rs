//! Chance that can be repeated.

/// SplitMix64: small, and every seed is a good one. The same seed gives the same numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of many independent rows of numbers that belong to one seed.
    pub(super) fn row(seed: u64, row: u64) -> Self {
        Self(Self(seed).next() ^ Self(!row).next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `max`, both of them too.
    pub(super) fn up_to(&mut self, max: u64) -> u64 {
        let wide = u128::from(self.next()) * (u128::from(max) + 1);
        // The upper half of a product with `max + 1` is `max` at most.
        u64::try_from(wide >> 64).unwrap_or(max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_seed_differ_and_repeat() {
        let numbers = |seed, row| {
            let mut random = Random::row(seed, row);
            (0..8).map(|_| random.next()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7, 1), numbers(7, 1));
        assert_ne!(numbers(7, 1), numbers(7, 2));
        assert_ne!(numbers(7, 1), numbers(8, 1));
        assert_ne!(numbers(1, 7), numbers(7, 1));
    }

    #[test]
    fn every_number_up_to_the_greatest_comes() {
        let mut random = Random::new(3);
        let mut seen = [0; 5];
        (0..1_000).for_each(|_| seen[usize::try_from(random.up_to(4)).unwrap()] += 1);
        assert!(seen.iter().all(|times| (100..300).contains(times)), "{seen:?}");
        assert_eq!(random.up_to(0), 0);
        let _ = random.up_to(u64::MAX);
    }
}
