//! Names of the things that the shell and the core talk about, and the source of new ones.
//!
//! Ids look like AWS's (contract §8.14): opaque, but with the `-`, `_` and `=` that show missing URL encoding.

use std::fmt;
use std::sync::Arc;

use super::random::Random;

/// A client's TCP connection while its handshake is open; the shell chooses the number.
///
/// It may be used again once the handshake was accepted, refused or abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// A request to the `@connections` management API that waits for its answer; the shell chooses the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// One event on its way through the function; the core chooses the number and never uses it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvocationId(pub u64);

/// The id of a WebSocket connection, as events and `@connections` have it; cheap to clone.
///
/// Sixteen characters: the URL-safe base64 of eleven bytes, so the last is always `=` (contract §8.14).
/// Programs must treat it as opaque.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(Arc<str>);

impl ConnectionId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ConnectionId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

// With it, a map that is keyed by connections can be asked with the text of a URL.
impl std::borrow::Borrow<str> for ConnectionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ConnectionId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an id is for; it shows in the twelfth character, as on AWS (contract §8.14).
#[derive(Clone, Copy, Debug)]
pub(super) enum IdKind {
    Connection,
    Message,
    Request,
}

/// The URL-safe base64 alphabet (RFC 4648 §5).
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Characters of an id, the closing `=` among them.
const ID_LENGTH: usize = 16;

/// Makes ids: the same seed gives the same ids in the same order.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    random: Random,
    invocations: u64,
}

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), invocations: 0 }
    }

    pub(super) fn count_invocations_from(&mut self, first: u64) {
        self.invocations = first;
    }

    pub(super) fn invocation(&mut self) -> InvocationId {
        self.invocations += 1;
        InvocationId(self.invocations)
    }

    pub(super) fn connection(&mut self) -> ConnectionId {
        self.text(IdKind::Connection).as_str().into()
    }

    /// The URL-safe base64 of eleven random bytes.
    pub(super) fn text(&mut self, kind: IdKind) -> String {
        let mut bits = (u128::from(self.random.next()) << 64) | u128::from(self.random.next());
        let mut id = String::with_capacity(ID_LENGTH);
        for place in 0..ID_LENGTH - 1 {
            let sextet = match (place, kind) {
                (11, IdKind::Connection | IdKind::Message) => 2,
                (11, IdKind::Request) => 5,
                // Eleven bytes end in the middle of the last character.
                (14, _) => bits & 0b11_1100,
                _ => bits & 0b11_1111,
            };
            id.push(char::from(ALPHABET[sextet as usize]));
            bits >>= 6;
        }
        id.push('=');
        id
    }

    /// A value for `X-Amzn-Trace-Id` at a time in seconds.
    pub(super) fn trace(&mut self, seconds: u64) -> String {
        let (high, low) = (self.random.next() >> 32, self.random.next());
        format!("Root=1-{:08x}-{high:08x}{low:016x}", seconds & u64::from(u32::MAX))
    }
}

/// Whether a text has the form of a connection id, so that it may have been one (contract §5.4).
pub(super) fn is_well_formed(id: &str) -> bool {
    id.len() == ID_LENGTH
        && id.strip_suffix('=').is_some_and(|id| id.bytes().all(|byte| ALPHABET.contains(&byte)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_sixteen_characters_that_show_their_kind() {
        let mut ids = Ids::new(1);
        for (kind, twelfth) in [(IdKind::Connection, 'C'), (IdKind::Message, 'C'), (IdKind::Request, 'F')] {
            let id = ids.text(kind);
            assert!(is_well_formed(&id), "{id}");
            assert_eq!(id.chars().nth(11), Some(twelfth), "{id}");
        }
    }

    #[test]
    fn ids_do_not_repeat_and_use_the_characters_that_urls_encode() {
        let mut ids = Ids::new(0);
        let made: Vec<String> = (0..10_000).map(|_| ids.text(IdKind::Connection)).collect();
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), made.len());
        assert!(made.iter().any(|id| id.contains('-')) && made.iter().any(|id| id.contains('_')));
    }

    #[test]
    fn the_seed_decides_the_ids() {
        assert_eq!(Ids::new(7).connection(), Ids::new(7).connection());
        assert_ne!(Ids::new(7).connection(), Ids::new(8).connection());
    }

    #[test]
    fn malformed_ids_are_recognised() {
        for id in
            ["", "=", "AbCdEdXyZ_wCQr0", "AbCdEdXyZ_wCQr==", "AbCdEdXyZ+wCQr0=", "AbCdEdXyZ_wCQr0==", "é"]
        {
            assert!(!is_well_formed(id), "{id}");
        }
        assert!(is_well_formed("AbCdEdXyZ_wCQr0="));
    }
}
