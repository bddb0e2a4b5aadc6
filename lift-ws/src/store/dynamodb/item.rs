//! Records as items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::{self, Shards};
use super::table::attribute::{EXPIRY, INDEX_SORT_KEY, PK, SK, TENANT_KEY, USER_KEY};
use crate::connection::Record;
use crate::store::{StoreError, StoreErrorKind};

pub(super) type Item = HashMap<String, AttributeValue>;

/// Marks a tombstone. A record never has it.
pub(super) const DEAD: &str = "dead";

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn from_record(scope: &str, record: &Record, tenant_shards: Shards) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|error| {
        StoreError::new(StoreErrorKind::Corrupt).about(record.connection_id()).with_source(error)
    })?;
    let id = record.connection_id();
    item.extend(record_key(scope, id));
    if let Some(user) = record.user() {
        item.insert(USER_KEY.to_owned(), text(keys::user(scope, user)));
    }
    item.insert(TENANT_KEY.to_owned(), text(keys::tenant(scope, record.tenant(), tenant_shards, id)));
    item.insert(INDEX_SORT_KEY.to_owned(), text(keys::by_time(record.connected_at(), id)));
    Ok(item)
}

/// The record in an item; `None` if it is a tombstone.
pub(super) fn into_record(item: Item) -> Result<Option<Record>, StoreError> {
    if item.contains_key(DEAD) {
        return Ok(None);
    }
    let key = match item.get(PK) {
        Some(AttributeValue::S(key)) => key.clone(),
        _ => String::new(),
    };
    let record: Record = serde_dynamo::from_item(item)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt).about(key).with_source(error))?;
    if record.is_readable() {
        Ok(Some(record))
    } else {
        let version = format!("{} has version {}", record.connection_id(), record.version());
        Err(StoreError::new(StoreErrorKind::UnsupportedVersion).about(version))
    }
}

pub(super) fn tombstone(scope: &str, connection_id: &str, until: u64) -> Item {
    let mut item = Item::from(record_key(scope, connection_id));
    item.insert(DEAD.to_owned(), AttributeValue::Bool(true));
    // Rounded up: a tombstone never ends early.
    item.insert(EXPIRY.to_owned(), number(until.div_ceil(1_000)));
    item
}

pub(super) fn record_key(scope: &str, connection_id: &str) -> [(String, AttributeValue); 2] {
    key(keys::record(scope, connection_id), keys::RECORD_SORT_KEY)
}

pub(super) fn key(partition: String, sort: impl Into<String>) -> [(String, AttributeValue); 2] {
    [(PK.to_owned(), text(partition)), (SK.to_owned(), text(sort))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let mut record = Record::new("AbC=", 1_767_225_600_000, 1_767_233_400)
            .with_user(Some("ann".into()))
            .with_attributes_json(Some(r#"{"plan":"gold"}"#.into()));
        record.insert_group("red", None);
        record
    }

    #[test]
    fn a_record_survives_the_table() {
        let item = from_record("a1/prod", &record(), Shards::default()).unwrap();
        assert_eq!(item[PK], text("a1/prod#C#AbC="));
        assert_eq!(item[USER_KEY], text("a1/prod#U#ann"));
        assert_eq!(item["exp"], number(1_767_233_400));
        assert_eq!(into_record(item).unwrap(), Some(record()));
    }

    #[test]
    fn an_anonymous_record_has_no_empty_key_attribute() {
        let item = from_record("s", &Record::new("x", 1, 2), Shards::default()).unwrap();
        assert!(!item.contains_key(USER_KEY));
        assert!(item.values().all(|value| *value != text("")), "{item:?}");
    }

    #[test]
    fn a_tombstone_is_no_record_and_strange_rows_are_told_apart() {
        assert_eq!(into_record(tombstone("s", "x", 1_001)).unwrap(), None);
        assert_eq!(tombstone("s", "x", 1_001)[EXPIRY], number(2));
        let mut newer = from_record("s", &record(), Shards::default()).unwrap();
        newer.insert("v".into(), number(9));
        assert_eq!(into_record(newer).unwrap_err().kind(), StoreErrorKind::UnsupportedVersion);
        let broken = Item::from(record_key("s", "x"));
        assert_eq!(into_record(broken).unwrap_err().kind(), StoreErrorKind::Corrupt);
    }
}
