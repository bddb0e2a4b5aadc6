//! From event to route: a hash table built in const evaluation, at most an eighth full.
//!
//! Flat from 8 to 1,000 routes, where a `match` on strings grows; and the same pass that fills it finds
//! duplicates. The index it gives is what `#[ws_app]` jumps on.

use super::RouteInfo;
use super::message::Message;
use crate::event::{Event, EventType};
use std::hint::select_unpredictable;

/// The index of no route.
pub(crate) const NONE: u16 = u16::MAX;

/// The number of slots for a number of routes.
#[doc(hidden)]
pub const fn slots(routes: usize) -> usize {
    if routes < 2 { 16 } else { (routes * 8).next_power_of_two() }
}

/// The routing table of an app: `N` routes in `M` slots.
#[doc(hidden)]
#[derive(Debug)]
pub struct Table<const N: usize, const M: usize> {
    slots: [u16; M],
    words: [Words; N],
    /// The first route with the same key as each route.
    first: [u16; N],
    connect: u16,
    disconnect: u16,
    default: u16,
}

impl<const N: usize, const M: usize> Table<N, M> {
    /// Builds the table of `routes`.
    pub const fn new(routes: &[RouteInfo; N]) -> Self {
        let mut table = Table {
            slots: [NONE; M],
            words: [Words::NONE; N],
            first: [NONE; N],
            connect: NONE,
            disconnect: NONE,
            default: NONE,
        };
        let mut i = 0;
        while i < N {
            let key = routes[i].key.as_bytes();
            table.words[i] = Words::of(key);
            let mut slot = table.words[i].hash(key) & (M - 1);
            while table.slots[slot] != NONE && !same(routes[table.slots[slot] as usize].key.as_bytes(), key) {
                slot = (slot + 1) & (M - 1);
            }
            if table.slots[slot] == NONE {
                table.slots[slot] = i as u16;
            }
            table.first[i] = table.slots[slot];
            if same(key, b"$connect") {
                table.connect = table.first[i];
            } else if same(key, b"$disconnect") {
                table.disconnect = table.first[i];
            } else if same(key, b"$default") {
                table.default = table.first[i];
            }
            i += 1;
        }
        table
    }

    /// Fails compilation if an earlier route has the key of route `i`.
    pub const fn assert_first(&self, i: usize, routes: &[RouteInfo; N]) {
        let first = self.first[i] as usize;
        if first != i {
            let message = Message::new()
                .text("duplicate route key `")
                .text(routes[i].key)
                .text("`: it is already routed by `")
                .text(routes[first].handler)
                .text("` at ")
                .text(routes[first].location.file)
                .text(":")
                .number(routes[first].location.line)
                .text("; give one of them another key");
            panic!("{}", message.as_str());
        }
    }

    /// The index of the event's route, `u16::MAX` if it has none. The event type decides first: a client may
    /// send any text as a route key, `$connect` too.
    #[inline]
    pub fn find(&self, event: &Event<'_>, routes: &[RouteInfo; N]) -> usize {
        let index = match event.event_type() {
            EventType::Connect => self.connect,
            EventType::Disconnect => self.disconnect,
            EventType::Message => match self.look_up(event.route_key(), routes) {
                NONE => self.default,
                i if i == self.connect || i == self.disconnect => self.default,
                i => i,
            },
        };
        index as usize
    }

    /// The index of a route key, `u16::MAX` if it is not in the table.
    #[inline]
    pub fn look_up(&self, key: &str, routes: &[RouteInfo; N]) -> u16 {
        if N == 0 {
            return NONE;
        }
        let words = Words::of(key.as_bytes());
        let mut slot = words.hash(key.as_bytes());
        loop {
            slot &= M - 1;
            // An empty slot is compared as well, with any route, so that the processor need not guess: hits and
            // misses come as clients like.
            let i = self.slots[slot];
            let empty = i == NONE;
            let other = self.words[select_unpredictable(empty, 0, i as usize)];
            let difference = select_unpredictable(empty, 0, words.difference(other));
            if difference == 0 && (words.are_all() || empty || routes[i as usize].key == key) {
                return i;
            }
            slot += 1;
        }
    }
}

/// A key as numbers: its first and last eight bytes, which overlap in a short one, and its length. Two keys of at most
/// sixteen bytes are the same if these are; comparing them takes no branch that depends on the text.
#[derive(Clone, Copy, Debug)]
struct Words {
    first: u64,
    last: u64,
    length: usize,
}

impl Words {
    const NONE: Words = Words { first: 0, last: 0, length: usize::MAX };

    #[inline]
    const fn of(key: &[u8]) -> Self {
        let length = key.len();
        let (first, last) = if let (Some(first), Some(last)) = (key.first_chunk(), key.last_chunk()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (key.first_chunk(), key.last_chunk()) {
            (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64)
        } else if length > 0 {
            (key[0] as u64, (key[length / 2] as u64) << 8 | key[length - 1] as u64)
        } else {
            (0, 0)
        };
        Words { first, last, length }
    }

    /// 0 if they are the same.
    #[inline]
    const fn difference(self, other: Words) -> u64 {
        (self.first ^ other.first) | (self.last ^ other.last) | (self.length ^ other.length) as u64
    }

    /// Do the words say all there is?
    #[inline]
    const fn are_all(self) -> bool {
        self.length <= 16
    }

    /// Multiply and fold.
    #[inline]
    const fn hash(self, key: &[u8]) -> usize {
        let mut hash =
            (self.first ^ (self.length as u64).rotate_left(56)).wrapping_mul(K) ^ self.last.rotate_left(29);
        if !self.are_all() {
            hash ^= between(key);
        }
        (hash.wrapping_mul(K) >> 32) as usize
    }
}

const K: u64 = 0x9E37_79B9_7F4A_7C15;

/// A hash of what lies between the words of a key of more than sixteen bytes. Not inlined: such keys are rare, and the
/// way of the others stays short.
#[cold]
const fn between(key: &[u8]) -> u64 {
    let mut hash = 0_u64;
    let (mut rest, _) = key.split_at(key.len() - 8);
    while let Some((chunk, after)) = rest.split_first_chunk() {
        hash = (hash ^ u64::from_le_bytes(*chunk)).wrapping_mul(K).rotate_left(31);
        rest = after;
    }
    hash
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Location, Needs};

    const fn route(key: &'static str) -> RouteInfo {
        RouteInfo::__new(key, "h", Location { file: "f", line: 1 }, false, Needs::NONE, &[])
    }

    static ROUTES: [RouteInfo; 5] = [
        route("$connect"),
        route("$disconnect"),
        route("say"),
        route("a key of more than eight bytes"),
        route("é"),
    ];
    static TABLE: Table<5, { slots(5) }> = Table::new(&ROUTES);

    #[test]
    fn every_key_is_found_and_no_other() {
        for (i, route) in ROUTES.iter().enumerate() {
            assert_eq!(TABLE.look_up(route.key, &ROUTES) as usize, i);
        }
        for miss in ["", "sa", "say ", "Say", "$default", "a key of more thaN eight bytes"] {
            assert_eq!(TABLE.look_up(miss, &ROUTES), NONE, "{miss}");
        }
    }

    #[test]
    fn keys_that_differ_in_one_byte_are_told_apart_at_every_length() {
        const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN";
        for length in 0..=ALPHABET.len() {
            let key: &'static str = &ALPHABET[..length];
            let routes = [route(key)];
            let table: Table<1, { slots(1) }> = Table::new(&routes);
            assert_eq!(table.look_up(key, &routes), 0, "{key}");
            for at in 0..length {
                let other = format!("{}-{}", &key[..at], &key[at + 1..]);
                assert_eq!(table.look_up(&other, &routes), NONE, "{other}");
            }
            assert_eq!(table.look_up(&format!("{key}-"), &routes), NONE, "{key}-");
        }
    }

    #[test]
    fn a_table_of_no_routes_finds_nothing() {
        static EMPTY: Table<0, { slots(0) }> = Table::new(&[]);
        assert_eq!(EMPTY.look_up("say", &[]), NONE);
    }
}
