//! From event to route: a hash table built in const evaluation, at most a quarter full.
//!
//! Flat from 8 to 1,000 routes, where a `match` on strings grows; and the same pass that fills it finds
//! duplicates. The index it gives is what `#[ws_app]` jumps on.

use super::RouteInfo;
use super::message::Message;
use crate::event::{Event, EventType};

const NONE: u16 = u16::MAX;

/// The number of slots for a number of routes.
#[doc(hidden)]
pub const fn slots(routes: usize) -> usize {
    if routes < 2 { 8 } else { (routes * 4).next_power_of_two() }
}

/// The routing table of an app: `N` routes in `M` slots.
#[doc(hidden)]
#[derive(Debug)]
pub struct Table<const N: usize, const M: usize> {
    slots: [u16; M],
    /// The first route with the same key as each route.
    first: [u16; N],
    connect: u16,
    disconnect: u16,
    default: u16,
}

impl<const N: usize, const M: usize> Table<N, M> {
    /// Builds the table of `routes`.
    pub const fn new(routes: &[RouteInfo; N]) -> Self {
        let mut table =
            Table { slots: [NONE; M], first: [NONE; N], connect: NONE, disconnect: NONE, default: NONE };
        let mut i = 0;
        while i < N {
            let key = routes[i].key.as_bytes();
            let mut slot = hash(key) as usize & (M - 1);
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
        let mut slot = hash(key.as_bytes()) as usize & (M - 1);
        loop {
            let i = self.slots[slot];
            if i == NONE || routes[i as usize].key == key {
                return i;
            }
            slot = (slot + 1) & (M - 1);
        }
    }
}

/// Eight bytes a step, multiply and rotate; the high bits are folded in at the end.
#[inline]
const fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut h = bytes.len() as u64;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        h = (h.rotate_left(5) ^ u64::from_le_bytes(*chunk)).wrapping_mul(K);
        rest = after;
    }
    if let Some((chunk, after)) = rest.split_first_chunk::<4>() {
        h = (h.rotate_left(5) ^ u32::from_le_bytes(*chunk) as u64).wrapping_mul(K);
        rest = after;
    }
    let mut tail = 0;
    let mut i = 0;
    while i < rest.len() {
        tail = tail << 8 | rest[i] as u64;
        i += 1;
    }
    h = (h.rotate_left(5) ^ tail).wrapping_mul(K);
    h ^ h >> 32
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
        for miss in ["", "sa", "say ", "Say", "$default"] {
            assert_eq!(TABLE.look_up(miss, &ROUTES), NONE, "{miss}");
        }
    }

    #[test]
    fn a_table_of_no_routes_finds_nothing() {
        static EMPTY: Table<0, { slots(0) }> = Table::new(&[]);
        assert_eq!(EMPTY.look_up("say", &[]), NONE);
    }
}
