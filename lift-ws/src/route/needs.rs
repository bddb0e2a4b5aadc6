//! What a route wants beyond the event, known at compile time.

/// A set of needs. The generated code pays only for what is in it: a message route that does not need the
/// record reads no store.
///
/// ```
/// use lift_ws::route::Needs;
/// let needs = Needs::RECORD.and(Needs::HEADERS);
/// assert!(needs.has(Needs::RECORD) && !needs.has(Needs::CONNECTIONS));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs(u8);

impl Needs {
    /// Nothing but the event.
    pub const NONE: Needs = Needs(0);
    /// The stored record of the connection.
    pub const RECORD: Needs = Needs(1);
    /// The handshake's headers.
    pub const HEADERS: Needs = Needs(2);
    /// The handle for sending.
    pub const CONNECTIONS: Needs = Needs(4);
    /// Who the client is: the stored record, unless the event's authorizer says it.
    pub const IDENTITY: Needs = Needs(8);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    /// Is all of `other` in this set?
    pub const fn has(self, other: Needs) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words of the manifest, such as `["record", "connections"]`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (Needs::RECORD, "record"),
            (Needs::HEADERS, "headers"),
            (Needs::CONNECTIONS, "connections"),
            (Needs::IDENTITY, "identity"),
        ]
        .into_iter()
        .filter(move |(need, _)| self.has(*need))
        .map(|(_, name)| name)
    }
}
