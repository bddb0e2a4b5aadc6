//! What spans say.

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

/// What [`trace`](super::trace) says of an event: its part of the state.
///
/// ```
/// # use lift_ws::observe::Spans;
/// let spans = Spans::new();                                 // users as a hash, a line for each event
/// let spans = Spans::new().hash_users_with("a long secret"); // a hash that nobody else can try names with
/// let spans = Spans::new().without_users().without_lines();
/// ```
#[derive(Clone)]
pub struct Spans {
    users: Users,
    pub(super) has_lines: bool,
}

#[derive(Clone)]
enum Users {
    Hashed(Arc<Sha256>),
    Plain,
    Left,
}

impl Spans {
    /// Users are hashed, and each event has a line in the log when it is over.
    #[must_use]
    pub fn new() -> Self {
        Self { users: Users::Hashed(Arc::new(Sha256::new())), has_lines: true }
    }

    /// Hashes users with a secret: without one, whoever reads the log can try names.
    #[must_use]
    pub fn hash_users_with(self, secret: impl AsRef<[u8]>) -> Self {
        let block = Sha256::digest(secret.as_ref());
        Self { users: Users::Hashed(Arc::new(Sha256::new_with_prefix(block))), ..self }
    }

    /// Writes users as they are called.
    #[must_use]
    pub fn plain_users(self) -> Self {
        Self { users: Users::Plain, ..self }
    }

    /// Says nothing of users.
    #[must_use]
    pub fn without_users(self) -> Self {
        Self { users: Users::Left, ..self }
    }

    /// Writes no line for an event: the span is there for what handlers log, and for those who collect spans.
    #[must_use]
    pub fn without_lines(self) -> Self {
        Self { has_lines: false, ..self }
    }

    pub(super) fn has_users(&self) -> bool {
        !matches!(self.users, Users::Left)
    }

    /// A user as spans show them.
    pub(super) fn shown<'u>(&self, user: Cow<'u, str>) -> Shown<'u> {
        match &self.users {
            Users::Hashed(prefix) => {
                let mut hash = Sha256::clone(prefix);
                hash.update(&*user);
                let mut short = [0; 8];
                short.copy_from_slice(&hash.finalize()[..8]);
                Shown::Hash(short)
            }
            Users::Plain | Users::Left => Shown::Plain(user),
        }
    }
}

/// A user as spans show them: 16 hexadecimal digits, or the name.
#[derive(Debug)]
pub(super) enum Shown<'u> {
    Hash([u8; 8]),
    Plain(Cow<'u, str>),
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        match self {
            Shown::Plain(name) => f.write_str(name),
            Shown::Hash(bytes) => bytes.iter().try_for_each(|byte| {
                f.write_char(char::from(DIGITS[usize::from(byte >> 4)]))?;
                f.write_char(char::from(DIGITS[usize::from(byte & 15)]))
            }),
        }
    }
}

impl Default for Spans {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = match self.users {
            Users::Hashed(_) => "hashed",
            Users::Plain => "plain",
            Users::Left => "left out",
        };
        f.debug_struct("Spans").field("users", &users).field("lines", &self.has_lines).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_everywhere_and_another_with_a_secret() {
        let shown = |spans: &Spans| spans.shown("ann".into()).to_string();
        let plain = shown(&Spans::new());
        // `printf ann | sha256sum`
        assert_eq!(plain, "49915e0d7d4b402e");
        assert_eq!(shown(&Spans::new()), plain);
        assert_ne!(shown(&Spans::new().hash_users_with("secret")), plain);
        assert_ne!(Spans::new().shown("bob".into()).to_string(), plain);
        assert_eq!(shown(&Spans::new().plain_users()), "ann");
    }
}
