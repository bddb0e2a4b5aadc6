//! Memberships as items.

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, key, number, text};
use super::keys;
use super::table::attribute::{EXPIRY, SK, USER};
use crate::connection::RECORD_VERSION;
use crate::store::{Membership, StoreError, StoreErrorKind};

const MEMBER: &str = "m";
const VERSION: &str = "v";

pub(super) fn from_membership(scope: &str, group: &str, shard: u16, membership: &Membership) -> Item {
    let sort = keys::by_time(membership.connected_at, &membership.connection_id);
    let mut item = Item::from(key(keys::group(scope, group, shard), sort));
    item.insert(VERSION.to_owned(), number(u64::from(RECORD_VERSION)));
    item.insert(EXPIRY.to_owned(), number(membership.expires_at));
    if let Some(user) = &membership.user {
        item.insert(USER.to_owned(), text(user));
    }
    if let Some(json) = &membership.member {
        item.insert(MEMBER.to_owned(), text(json));
    }
    item
}

pub(super) fn into_membership(mut item: Item) -> Result<Membership, StoreError> {
    let sort = take_text(&mut item, SK).unwrap_or_default();
    let Some((connected_at, connection_id)) = keys::split_by_time(&sort) else {
        return Err(StoreError::new(StoreErrorKind::Corrupt).about(sort));
    };
    let expires_at = match item.get(EXPIRY) {
        Some(AttributeValue::N(seconds)) => seconds.parse().unwrap_or(0),
        _ => 0,
    };
    Ok(Membership::new(connection_id, connected_at, expires_at)
        .with_user(take_text(&mut item, USER))
        .with_member(take_text(&mut item, MEMBER)))
}

fn take_text(item: &mut Item, name: &str) -> Option<String> {
    match item.remove(name)? {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_survives_the_table() {
        let full = Membership::new("A#b=", 1_767_225_600_000, 1_767_233_400)
            .with_user(Some("ann".into()))
            .with_member(Some("\"Ann\"".into()));
        let bare = Membership::new("x", 5, 6);
        for membership in [full, bare] {
            let item = from_membership("s", "red", 0, &membership);
            assert_eq!(into_membership(item).unwrap(), membership);
        }
    }

    #[test]
    fn a_row_with_a_strange_key_is_corrupt() {
        let item = Item::from(key("s#G#red#0".into(), "yesterday"));
        assert_eq!(into_membership(item).unwrap_err().kind(), StoreErrorKind::Corrupt);
    }
}
