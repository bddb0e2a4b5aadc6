//! Records as items.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::{self, Shards};
use super::table::attribute::{EXPIRY, INDEX_SORT_KEY, PK, SK, TENANT_KEY, USER, USER_KEY};
use crate::connection::{Grant, Record};
use crate::store::{StoreError, StoreErrorKind};

pub(crate) type Item = HashMap<String, AttributeValue>;

/// Marks a tombstone. A record never has it.
pub(super) const DEAD: &str = "dead";

// The record's serde names; `exp` and `u` are in indexes too, and stand with the table.
const VERSION: &str = "v";
const ID: &str = "id";
const CONNECTED_AT: &str = "c";
pub(super) const TENANT: &str = "t";
const SOURCE_IP: &str = "ip";
const USER_AGENT: &str = "ua";
pub(super) const ATTRIBUTES: &str = "a";
pub(super) const GRANT: &str = "au";
pub(super) const REVISION: &str = "n";
const GROUPS: &str = "g";
// The grant's own.
const ROLES: &str = "r";
const UNTIL: &str = "x";

/// The keys of table and indexes, and all fields.
const MOST_ATTRIBUTES: usize = 16;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Names every field, so that a new one is not forgotten here. Its plain attributes are the record's serde form; a
/// test holds it to that. By hand, since this is all that a save costs beyond the SDK.
pub(super) fn from_record(scope: &str, record: &Record, tenant_shards: Shards) -> Item {
    let Record {
        version,
        connection_id: id,
        connected_at,
        expires_at,
        user,
        tenant,
        source_ip,
        user_agent,
        attributes,
        grant,
        revision,
        groups,
    } = record;
    let mut item = Item::with_capacity(MOST_ATTRIBUTES);
    let mut set = |name: &str, value| item.insert(name.to_owned(), value);
    set(PK, text(keys::record(scope, id)));
    set(SK, text(keys::RECORD_SORT_KEY));
    set(TENANT_KEY, text(keys::tenant(scope, tenant.as_deref(), tenant_shards, id)));
    set(INDEX_SORT_KEY, text(keys::by_time(*connected_at, id)));
    set(VERSION, number(u64::from(*version)));
    set(ID, text(id));
    set(CONNECTED_AT, number(*connected_at));
    set(EXPIRY, number(*expires_at));
    if let Some(user) = user {
        set(USER_KEY, text(keys::user(scope, user)));
    }
    let texts = [
        (USER, user),
        (TENANT, tenant),
        (SOURCE_IP, source_ip),
        (USER_AGENT, user_agent),
        (ATTRIBUTES, attributes),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            set(name, text(value));
        }
    }
    if let Some(grant) = granted(grant) {
        set(GRANT, grant);
    }
    if *revision > 0 {
        set(REVISION, number(u64::from(*revision)));
    }
    let groups = groups.iter().map(|(group, member)| (group.clone(), text(member)));
    set(GROUPS, AttributeValue::M(groups.collect()));
    item
}

/// A grant, if it is any.
pub(super) fn granted(grant: &Grant) -> Option<AttributeValue> {
    let Grant { roles, until } = grant;
    let mut map = Item::new();
    if !roles.is_empty() {
        map.insert(ROLES.to_owned(), AttributeValue::L(roles.iter().map(text).collect()));
    }
    if let Some(until) = until {
        map.insert(UNTIL.to_owned(), number(*until));
    }
    Some(map).filter(|map| !map.is_empty()).map(AttributeValue::M)
}

/// The record in an item; `None` if it is a tombstone.
pub(super) fn into_record(item: Item) -> Result<Option<Record>, StoreError> {
    let mut key = String::new();
    let record = match read(item, &mut key) {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(None),
        Err(strange) => {
            return Err(StoreError::new(StoreErrorKind::Corrupt).about(key).with_source(strange));
        }
    };
    if record.is_readable() {
        Ok(Some(record))
    } else {
        let version = format!("{} has version {}", record.connection_id(), record.version());
        Err(StoreError::new(StoreErrorKind::UnsupportedVersion).about(version))
    }
}

/// Takes an item apart in one pass, which is all that a load costs beyond the SDK; what this release does not know is
/// left out. What is wrong with a tombstone is nobody's concern.
fn read(item: Item, key: &mut String) -> Result<Option<Record>, String> {
    let (mut id, mut connected_at, mut expires_at) = (None, None, None);
    let mut record = Record::new(String::new(), 0, 0);
    // The oldest rows do not say.
    record.version = 0;
    let (mut strange, mut is_dead) = (Ok(()), false);
    for (name, value) in item {
        let Record { user, tenant, source_ip, user_agent, attributes, .. } = &mut record;
        let taken = match name.as_str() {
            PK => string(&name, value).map(|text| *key = text),
            VERSION => whole(&name, value).map(|version| record.version = version),
            ID => string(&name, value).map(|text| id = Some(text)),
            CONNECTED_AT => whole(&name, value).map(|at| connected_at = Some(at)),
            EXPIRY => whole(&name, value).map(|at| expires_at = Some(at)),
            USER => optional(&name, value).map(|name| *user = name),
            TENANT => optional(&name, value).map(|name| *tenant = name),
            SOURCE_IP => optional(&name, value).map(|ip| *source_ip = ip),
            USER_AGENT => optional(&name, value).map(|agent| *user_agent = agent),
            ATTRIBUTES => optional(&name, value).map(|json| *attributes = json),
            GRANT => grant(&name, value).map(|grant| record.grant = grant),
            REVISION => whole(&name, value).map(|revision| record.revision = revision),
            GROUPS => groups(&name, value).map(|groups| record.groups = groups),
            DEAD => {
                is_dead = true;
                Ok(())
            }
            _ => Ok(()),
        };
        strange = strange.and(taken);
    }
    if is_dead {
        return Ok(None);
    }
    strange?;
    let missing = |name: &str| format!("the attribute `{name}` is missing");
    record.connection_id = id.ok_or_else(|| missing(ID))?;
    record.connected_at = connected_at.ok_or_else(|| missing(CONNECTED_AT))?;
    record.expires_at = expires_at.ok_or_else(|| missing(EXPIRY))?;
    Ok(Some(record))
}

fn string(name: &str, value: AttributeValue) -> Result<String, String> {
    match value {
        AttributeValue::S(text) => Ok(text),
        _ => Err(format!("the attribute `{name}` is no text")),
    }
}

fn optional(name: &str, value: AttributeValue) -> Result<Option<String>, String> {
    if value.is_null() { Ok(None) } else { string(name, value).map(Some) }
}

fn whole<T: FromStr>(name: &str, value: AttributeValue) -> Result<T, String> {
    let number = value.as_n().ok().and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("the attribute `{name}` is no whole number in its bounds"))
}

fn grant(name: &str, value: AttributeValue) -> Result<Grant, String> {
    let AttributeValue::M(granted) = value else { return Err(format!("the attribute `{name}` is no map")) };
    let mut grant = Grant::default();
    for (part, value) in granted {
        match (part.as_str(), value) {
            (ROLES, AttributeValue::L(roles)) => {
                grant.roles = roles.into_iter().map(|role| string(name, role)).collect::<Result<_, _>>()?;
            }
            (ROLES, _) => return Err(format!("the attribute `{name}` has no list of roles")),
            (UNTIL, value) => grant.until = Some(whole(name, value)?),
            _ => {}
        }
    }
    Ok(grant)
}

fn groups(name: &str, value: AttributeValue) -> Result<BTreeMap<String, String>, String> {
    let AttributeValue::M(groups) = value else { return Err(format!("the attribute `{name}` is no map")) };
    groups.into_iter().map(|(group, member)| Ok((group, string(name, member)?))).collect()
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

pub(crate) fn key(partition: String, sort: impl Into<String>) -> [(String, AttributeValue); 2] {
    [(PK.to_owned(), text(partition)), (SK.to_owned(), text(sort))]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
        let item = from_record("a1/prod", &record(), Shards::default());
        assert_eq!(item[PK], text("a1/prod#C#AbC="));
        assert_eq!(item[USER_KEY], text("a1/prod#U#ann"));
        assert_eq!(item["exp"], number(1_767_233_400));
        assert_eq!(into_record(item).unwrap(), Some(record()));
    }

    /// An item's attributes as plain JSON.
    fn plain(value: &AttributeValue) -> Value {
        match value {
            AttributeValue::S(text) => json!(text),
            AttributeValue::N(number) => json!(number.parse::<u64>().unwrap()),
            AttributeValue::L(list) => list.iter().map(plain).collect(),
            AttributeValue::M(map) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
            other => panic!("{other:?} is in no record"),
        }
    }

    #[test]
    fn an_item_is_the_records_serde_form_and_its_keys() {
        let full = Record { revision: 3, ..record() }
            .with_tenant(Some("acme".into()))
            .with_client(Some("203.0.113.27".into()), Some("curl/8".into()))
            .with_grant(Grant::new(["admin", "staff"]).until(1_767_225_600));
        for record in [full, record(), Record::new("x", 1, 2)] {
            let mut item = from_record("s", &record, Shards::default());
            for key in [PK, SK, USER_KEY, TENANT_KEY, INDEX_SORT_KEY] {
                item.remove(key);
            }
            assert_eq!(plain(&AttributeValue::M(item.clone())), serde_json::to_value(&record).unwrap());
            assert_eq!(into_record(item).unwrap(), Some(record));
        }
    }

    #[test]
    fn an_attribute_of_another_type_makes_a_row_corrupt_and_is_named() {
        for name in [VERSION, ID, CONNECTED_AT, EXPIRY, USER, ATTRIBUTES, GRANT, REVISION, GROUPS] {
            let mut item = from_record("s", &record(), Shards::default());
            item.insert(name.to_owned(), AttributeValue::Bool(true));
            let error = into_record(item).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Corrupt);
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains(&format!("`{name}`")), "{source}");
            assert!(error.to_string().contains("s#C#AbC="), "{error}");
        }
    }

    #[test]
    fn a_null_is_nothing_and_what_is_not_known_is_left_out() {
        let mut item = from_record("s", &Record::new("x", 1, 2), Shards::default());
        item.insert(USER.to_owned(), AttributeValue::Null(true));
        item.insert("zone".to_owned(), AttributeValue::Ss(vec!["new".to_owned()]));
        assert_eq!(into_record(item).unwrap(), Some(Record::new("x", 1, 2)));
    }

    #[test]
    fn an_anonymous_record_has_no_empty_key_attribute() {
        let item = from_record("s", &Record::new("x", 1, 2), Shards::default());
        assert!(!item.contains_key(USER_KEY));
        assert!(item.values().all(|value| *value != text("")), "{item:?}");
    }

    #[test]
    fn a_tombstone_is_no_record_and_strange_rows_are_told_apart() {
        assert_eq!(into_record(tombstone("s", "x", 1_001)).unwrap(), None);
        assert_eq!(tombstone("s", "x", 1_001)[EXPIRY], number(2));
        let mut newer = from_record("s", &record(), Shards::default());
        newer.insert("v".into(), number(9));
        assert_eq!(into_record(newer).unwrap_err().kind(), StoreErrorKind::UnsupportedVersion);
        let broken = Item::from(record_key("s", "x"));
        assert_eq!(into_record(broken).unwrap_err().kind(), StoreErrorKind::Corrupt);
    }
}
