//! What the table looks like.

use serde_json::{Value, json};

/// The table's name where nothing else is said.
pub const DEFAULT_TABLE: &str = "lift-ws-connections";

/// The environment variable that names the table.
pub const TABLE_VARIABLE: &str = "LIFT_WS_TABLE";

pub(super) const USERS_INDEX: &str = "users";
pub(super) const TENANTS_INDEX: &str = "tenants";

/// The name of attributes in keys. Short, since each row carries them.
pub(super) mod attribute {
    pub(crate) const PK: &str = "PK";
    pub(crate) const SK: &str = "SK";
    pub(crate) const USER_KEY: &str = "UK";
    pub(crate) const TENANT_KEY: &str = "TK";
    pub(crate) const INDEX_SORT_KEY: &str = "IK";
    pub(crate) const EXPIRY: &str = "exp";
    pub(crate) const USER: &str = "u";
}

/// The table's name: `LIFT_WS_TABLE`, or [`DEFAULT_TABLE`].
#[must_use]
pub fn table_name_from_env() -> String {
    std::env::var(TABLE_VARIABLE)
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| DEFAULT_TABLE.to_owned())
}

/// The table as a `CreateTable` request in DynamoDB's JSON, with the `TimeToLiveSpecification` of the
/// `UpdateTimeToLive` request that follows it.
///
/// The app's manifest carries it; the local gateway and the deployment templates create the table from it.
///
/// ```
/// let table = lift_ws::store::dynamodb::table_definition("lift-ws-connections");
/// assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
/// ```
#[must_use]
pub fn table_definition(name: &str) -> Value {
    use attribute::{EXPIRY, INDEX_SORT_KEY, PK, SK, TENANT_KEY, USER, USER_KEY};
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [text(PK), text(SK), text(USER_KEY), text(TENANT_KEY), text(INDEX_SORT_KEY)],
        "KeySchema": key_schema(PK, SK),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": USERS_INDEX,
                "KeySchema": key_schema(USER_KEY, INDEX_SORT_KEY),
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            },
            {
                "IndexName": TENANTS_INDEX,
                "KeySchema": key_schema(TENANT_KEY, INDEX_SORT_KEY),
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": [USER] },
            },
        ],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        "TimeToLiveSpecification": { "AttributeName": EXPIRY, "Enabled": true },
    })
}

fn key_schema(hash: &str, range: &str) -> Value {
    json!([
        { "AttributeName": hash, "KeyType": "HASH" },
        { "AttributeName": range, "KeyType": "RANGE" },
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_defined_attribute_is_a_key_of_table_or_index() {
        let table = table_definition("lift-ws-connections");
        let names = |list: &Value| -> BTreeSet<String> {
            let list = list.as_array().unwrap().iter();
            list.map(|entry| entry["AttributeName"].as_str().unwrap().to_owned()).collect()
        };
        let mut keys = names(&table["KeySchema"]);
        for index in table["GlobalSecondaryIndexes"].as_array().unwrap() {
            keys.extend(names(&index["KeySchema"]));
        }
        assert_eq!(names(&table["AttributeDefinitions"]), keys);
    }
}
