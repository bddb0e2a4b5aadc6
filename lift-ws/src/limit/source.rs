//! The address that a client comes from, as a limit counts it.

use std::fmt;
use std::net::IpAddr;

/// An IPv4 address, or the first half of an IPv6 address: whoever has one of the latter has the whole network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source<'e> {
    Address(&'e str),
    Network(u64),
}

impl<'e> Source<'e> {
    pub(super) fn of(address: &'e str) -> Self {
        if !address.contains(':') {
            return Source::Address(address);
        }
        match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V6(address)) => Source::Network((address.to_bits() >> 64) as u64),
            _ => Source::Address(address),
        }
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Address(address) => f.write_str(address),
            Source::Network(network) => write!(f, "{network:016x}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let one = Source::of("2001:db8:1:2:3:4:5:6");
        assert_eq!(one, Source::of("2001:db8:1:2::"));
        assert_eq!(one.to_string(), "20010db800010002/64");
        assert_ne!(one, Source::of("2001:db8:1:3:3:4:5:6"));
    }

    #[test]
    fn addresses_of_ipv4_are_each_a_source_however_they_are_written() {
        assert_ne!(Source::of("192.0.2.1"), Source::of("192.0.2.2"));
        assert_ne!(Source::of("::ffff:192.0.2.1"), Source::of("::ffff:192.0.2.2"));
        assert_eq!(Source::of("192.0.2.1").to_string(), "192.0.2.1");
    }
}
