//! Route keys and look-ups, the same in every run: compiled into the build script, which makes the apps, and into the harness.

const VERBS: [&str; 17] = [
    "say", "join", "leave", "list", "get", "set", "kick", "ban", "mute", "edit", "pin", "react", "typing",
    "history", "invite", "rename", "archive",
];
const NOUNS: [&str; 12] = [
    "Room", "User", "Message", "Channel", "Thread", "File", "Topic", "Presence", "Role", "Poll", "Note",
    "Call",
];

/// The numbers of routes that are measured.
pub const SIZES: [usize; 4] = [8, 100, 300, 1000];

/// A small generator (xorshift64*): the same numbers everywhere, no dependency.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Starts it.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn key(&mut self) -> String {
        let (verb, noun) = (VERBS[self.below(VERBS.len())], NOUNS[self.below(NOUNS.len())]);
        match self.below(3) {
            0 => format!("{verb}{noun}"),
            _ => format!("{verb}{noun}{}", self.below(1000)),
        }
    }
}

/// `count` different keys, as people write them.
pub fn routes(count: usize) -> Vec<String> {
    let mut random = Random::new(count as u64);
    let mut keys: Vec<String> = Vec::with_capacity(count);
    while keys.len() < count {
        let key = random.key();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Look-ups in shuffled order, at least 4,096, each key equally often; a third finds nothing.
#[allow(dead_code, reason = "the build script needs the keys alone")]
pub fn lookups(keys: &[String]) -> Vec<String> {
    const AT_LEAST: usize = 4096;
    let mut random = Random::new(0x5EED + keys.len() as u64);
    let rounds = (AT_LEAST * 2 / 3).div_ceil(keys.len()).next_multiple_of(2);
    let hits = rounds * keys.len();
    let mut all: Vec<String> = keys.iter().cycle().take(hits).cloned().collect();
    while all.len() < hits + hits / 2 {
        let miss = random.key();
        if !keys.contains(&miss) {
            all.push(miss);
        }
    }
    shuffle(&mut all, &mut random);
    all
}

/// Puts them in another order.
#[allow(dead_code, reason = "the build script needs the keys alone")]
pub fn shuffle(all: &mut [String], random: &mut Random) {
    for last in (1..all.len()).rev() {
        all.swap(last, random.below(last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_the_lookups_finds_nothing() {
        for size in SIZES {
            let keys = routes(size);
            let all = lookups(&keys);
            let misses = all.iter().filter(|key| !keys.contains(key)).count();
            assert!(all.len() >= 4096);
            assert_eq!(misses * 3, all.len(), "{size} routes");
        }
    }
}
