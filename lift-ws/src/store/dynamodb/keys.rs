//! The keys of the table.

use std::fmt::Write as _;

/// Over how many partitions a group, or a tenant, is spread.
///
/// A count can be changed while connections live: rows written under the previous count are found as long as
/// it is named. Name it for the two hours that a connection can last.
///
/// ```
/// # use lift_ws::store::dynamodb::Shards;
/// let shards = Shards::new(8).previously(2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    current: u16,
    previous: u16,
}

impl Shards {
    /// This many; zero counts as one.
    #[must_use]
    pub fn new(count: u16) -> Self {
        let count = count.max(1);
        Self { current: count, previous: count }
    }

    /// How many there were until now.
    #[must_use]
    pub fn previously(mut self, count: u16) -> Self {
        self.previous = count.max(1);
        self
    }

    /// The shard in which a connection's row is written.
    pub(super) fn of(self, connection_id: &str) -> u16 {
        shard(connection_id, self.current)
    }

    /// The shards in which a connection's row may stand: one, or two while the count changes.
    pub(super) fn all_of(self, connection_id: &str) -> impl Iterator<Item = u16> {
        let current = self.of(connection_id);
        let previous = shard(connection_id, self.previous);
        std::iter::once(current).chain((previous != current).then_some(previous))
    }

    /// How many shards have to be read.
    pub(super) fn to_read(self) -> u16 {
        self.current.max(self.previous)
    }

    /// The shard that is read after this one. A cursor may name any, one behind the last too.
    pub(super) fn after(self, shard: u16) -> Option<u16> {
        shard.checked_add(1).filter(|next| *next < self.to_read())
    }
}

impl Default for Shards {
    fn default() -> Self {
        Self::new(1)
    }
}

/// FNV-1a: stable between releases and machines, which the standard library's hashes are not.
fn shard(connection_id: &str, count: u16) -> u16 {
    let hash = connection_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of FNV are its weak ones; the remainder by a small count needs the folded whole.
    let folded = (hash >> 32) ^ (hash & 0xffff_ffff);
    u16::try_from(folded % u64::from(count)).unwrap_or(0)
}

/// How many shards connections without a tenant are spread over.
pub(super) const NO_TENANT_SHARDS: u16 = 8;

pub(super) const RECORD_SORT_KEY: &str = "C";

const TENANTS: &str = "#T#";

pub(super) fn record(scope: &str, connection_id: &str) -> String {
    [scope, "#C#", connection_id].concat()
}

pub(super) fn group(scope: &str, group: &str, shard: u16) -> String {
    [scope, "#G#", group, "#", &shard.to_string()].concat()
}

pub(super) fn user(scope: &str, user: &str) -> String {
    [scope, "#U#", user].concat()
}

/// The empty tenant is reserved for connections without one: no tenant can be called so.
pub(super) fn tenant(scope: &str, tenant: Option<&str>, shards: Shards, connection_id: &str) -> String {
    let shards = if tenant.is_some() { shards } else { Shards::new(NO_TENANT_SHARDS) };
    tenant_shard(scope, tenant.unwrap_or_default(), shards.of(connection_id))
}

pub(super) fn tenant_shard(scope: &str, tenant: &str, shard: u16) -> String {
    [scope, TENANTS, tenant, "#", &shard.to_string()].concat()
}

/// What the keys of all tenants of a scope begin with, and no others: a scope has no `#`.
pub(super) fn tenants(scope: &str) -> String {
    [scope, TENANTS].concat()
}

/// The tenant (empty: none) of a `tenant` key.
pub(super) fn tenant_in<'a>(scope: &str, key: &'a str) -> Option<&'a str> {
    let (tenant, _) = key.strip_prefix(scope)?.strip_prefix(TENANTS)?.rsplit_once('#')?;
    Some(tenant)
}

/// 13 digits hold the time until the year 2286, so that text order is time order.
pub(super) fn by_time(connected_at: u64, connection_id: &str) -> String {
    let mut key = String::with_capacity(14 + connection_id.len());
    let _ = write!(key, "{connected_at:013}#"); // to a string it never fails
    key.push_str(connection_id);
    key
}

pub(super) fn since(connected_at: u64) -> String {
    format!("{connected_at:013}")
}

/// The time and the connection id of a `by_time` key.
pub(super) fn split_by_time(key: &str) -> Option<(u64, &str)> {
    let (time, connection_id) = key.split_once('#')?;
    Some((time.parse().ok()?, connection_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_documented_form() {
        assert_eq!(record("a1/prod", "AbC="), "a1/prod#C#AbC=");
        assert_eq!(group("a1/prod", "red", 0), "a1/prod#G#red#0");
        assert_eq!(user("a1/prod", "ann"), "a1/prod#U#ann");
        assert_eq!(tenant("a1/prod", Some("acme"), Shards::default(), "AbC="), "a1/prod#T#acme#0");
        assert_eq!(tenant_in("a1/prod", "a1/prod#T#ac#me#3"), Some("ac#me"));
        assert_eq!(tenant_in("a1/prod", "a1/prod#T##3"), Some(""));
        assert_eq!(tenant_in("a1/prod", "a1/prod2#T#acme#3"), None);
        assert_eq!(by_time(1_767_225_600_000, "AbC="), "1767225600000#AbC=");
        assert_eq!(by_time(5, "x"), "0000000000005#x");
        assert_eq!(split_by_time("0000000000005#x#y"), Some((5, "x#y")));
    }

    #[test]
    fn the_reserved_tenant_is_spread_and_collides_with_no_name() {
        let keys: std::collections::BTreeSet<_> =
            (0..200).map(|n| tenant("s", None, Shards::default(), &format!("connection-{n}="))).collect();
        assert_eq!(keys.len(), usize::from(NO_TENANT_SHARDS));
        for name in ["#0", "#", "0", "#0#0"] {
            assert!(!keys.contains(&tenant("s", Some(name), Shards::default(), "x")), "{name}");
        }
    }

    #[test]
    fn a_changed_count_finds_rows_of_the_count_before() {
        let before = Shards::new(2);
        let now = Shards::new(8).previously(2);
        assert_eq!(now.to_read(), 8);
        for n in 0..100 {
            let id = format!("id-{n}");
            assert!(now.all_of(&id).any(|shard| shard == before.of(&id)));
            assert!(now.all_of(&id).any(|shard| shard == now.of(&id)));
        }
    }
}
