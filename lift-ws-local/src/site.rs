//! Which stage of which API something belongs to.

use crate::core::{InvocationId, SocketId};

/// The number of a stage: each stage of each API has a state of its own.
///
/// It is the upper part of the numbers that sockets and invocations have, so that nothing need be remembered to know
/// whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SiteId(u16);

/// Numbers below it are left to a stage: at a million a second they last for nine years.
const NUMBERS: u32 = 48;

impl SiteId {
    /// The stages are counted from 0; what is above the maximum is the last.
    pub(crate) fn new(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    pub(crate) fn index(self) -> usize {
        self.0.into()
    }

    /// The number under which its sockets, and invocations, begin.
    pub(crate) fn first_number(self) -> u64 {
        u64::from(self.0) << NUMBERS
    }

    /// A socket of this stage, with a number that no other of the gateway has.
    pub(crate) fn socket(self, number: u64) -> SocketId {
        SocketId(self.first_number() | (number & ((1 << NUMBERS) - 1)))
    }

    pub(crate) fn of_socket(socket: SocketId) -> Self {
        Self::of_number(socket.0)
    }

    pub(crate) fn of_invocation(invocation: InvocationId) -> Self {
        Self::of_number(invocation.0)
    }

    /// Whose number it is, if the numbers were given out from [`first_number`](Self::first_number) on.
    pub(crate) fn of_number(number: u64) -> Self {
        Self((number >> NUMBERS) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_and_an_invocation_tell_whose_they_are() {
        for index in [0, 1, 7, 65_535] {
            let site = SiteId::new(index);
            assert_eq!(site.index(), index);
            assert_eq!(SiteId::of_socket(site.socket(12)), site);
            assert_eq!(SiteId::of_invocation(InvocationId(site.first_number() + 12)), site);
        }
        assert_ne!(SiteId::new(1).socket(5), SiteId::new(2).socket(5));
        assert_eq!(SiteId::new(0).socket(5), SocketId(5));
    }
}
