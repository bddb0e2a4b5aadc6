//! Ids of invocations: UUIDs, as Lambda's are.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// The id under which an environment answers an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(u128);

impl RequestId {
    /// Reads the form that [`Display`](fmt::Display) writes; everything else is `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let dashes = [8, 13, 18, 23];
        if bytes.len() != 36 || dashes.iter().any(|&at| bytes[at] != b'-') {
            return None;
        }
        let digits = bytes.iter().enumerate().filter(|(at, _)| !dashes.contains(at));
        let mut value = 0_u128;
        for (_, &byte) in digits {
            value = value << 4 | u128::from(char::from(byte).to_digit(16)?);
        }
        Some(Self(value))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(36);
        for (index, nibble) in (0..32).rev().enumerate() {
            if let 8 | 12 | 16 | 20 = index {
                text.push('-');
            }
            text.push(digit((self.0 >> (nibble * 4)) as u64));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends the last of a number's hexadecimal digits. Every event has some of them: formatting with widths takes ten times as long.
pub(crate) fn push_hex(text: &mut String, number: u64, digits: u32) {
    text.extend((0..digits).rev().map(|place| digit(number >> (place * 4))));
}

/// The last hexadecimal digit of a number.
fn digit(number: u64) -> char {
    char::from(b"0123456789abcdef"[(number & 0xf) as usize])
}

/// Makes ids that differ from each other and from those of other gateways.
#[derive(Debug)]
pub(crate) struct RequestIds {
    state: RandomState,
    next: u64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        Self { state: RandomState::new(), next: 0 }
    }

    pub(crate) fn next(&mut self) -> RequestId {
        self.next += 1;
        let halves = (self.bits(self.next, 0), self.bits(self.next, 1));
        let random = u128::from(halves.0) << 64 | u128::from(halves.1);
        // Version 4, variant 1: what a reader of logs expects of a random UUID.
        let version = random & !(0xf << 76) | 4 << 76;
        RequestId(version & !(0x3 << 62) | 2 << 62)
    }

    /// Appends sixteen random lower-case hexadecimal digits, as trace ids have them.
    pub(crate) fn push_hex(&mut self, text: &mut String) {
        self.next += 1;
        push_hex(text, self.bits(self.next, 2), 16);
    }

    /// A random number.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.bits(self.next, 3)
    }

    fn bits(&self, number: u64, half: u8) -> u64 {
        self.state.hash_one((number, half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_version_4_uuid_that_reads_back() {
        let id = RequestIds::new().next();
        let text = id.to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "4");
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"));
        assert_eq!(RequestId::parse(&text), Some(id));
    }

    #[test]
    fn ids_differ() {
        let mut ids = RequestIds::new();
        let made: std::collections::HashSet<_> = (0..1_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1_000);
    }

    #[test]
    fn what_is_no_uuid_is_no_request_id() {
        for text in
            ["", "x", "0-0", "00000000-0000-0000-0000-00000000000g", "00000000_0000-0000-0000-000000000000"]
        {
            assert_eq!(RequestId::parse(text), None, "{text}");
        }
    }
}
