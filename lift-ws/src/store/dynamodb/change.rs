//! Changing who a connection is: its record, and with it its places in the indexes.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::DynamoStore;
use super::failure::classify;
use super::item::{self, ATTRIBUTES, DEAD, GRANT, Item, REVISION, TENANT, number, record_key, text};
use super::keys;
use super::table::attribute::{PK, TENANT_KEY, USER, USER_KEY};
use crate::connection::Record;
use crate::store::{Change, StoreError, StoreErrorKind};

/// What becomes of an attribute: set to a value, or removed.
type Fate = (&'static str, Option<AttributeValue>);

impl DynamoStore {
    /// A second try after a lost answer counts one revision too many, and changes nothing else.
    pub(super) async fn change_record(
        &self,
        scope: &str,
        connection_id: &str,
        change: &Change,
    ) -> Result<Record, StoreError> {
        let fates = self.fates(scope, connection_id, change);
        let update = self.client.update_item().table_name(&self.table);
        let mut update = update
            .set_key(Some(Item::from(record_key(scope, connection_id))))
            .update_expression(expression(&fates))
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(#dead)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#dead", DEAD)
            .expression_attribute_names("#revision", REVISION)
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew);
        for (name, fate) in fates {
            update = update.expression_attribute_names(format!("#{name}"), name);
            if let Some(value) = fate {
                update = update.expression_attribute_values(format!(":{name}"), value);
            }
        }
        let unknown = || StoreError::new(StoreErrorKind::UnknownConnection).about(connection_id);
        match update.send().await {
            Ok(answer) => answer.attributes.map_or(Ok(None), item::into_record)?.ok_or_else(unknown),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                Err(unknown())
            }
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    fn fates(&self, scope: &str, connection_id: &str, change: &Change) -> Vec<Fate> {
        let mut fates = Vec::new();
        if let Some(user) = &change.user {
            let user = named(user);
            fates
                .extend([(USER, user.map(text)), (USER_KEY, user.map(|user| text(keys::user(scope, user))))]);
        }
        if let Some(tenant) = &change.tenant {
            let tenant = named(tenant);
            let key = keys::tenant(scope, tenant.map(String::as_str), self.tenant_shards, connection_id);
            fates.extend([(TENANT, tenant.map(text)), (TENANT_KEY, Some(text(key)))]);
        }
        if let Some(attributes) = &change.attributes {
            fates.push((ATTRIBUTES, named(attributes).map(text)));
        }
        if let Some(grant) = &change.grant {
            fates.push((GRANT, item::granted(grant)));
        }
        fates
    }
}

fn named(name: &String) -> Option<&String> {
    Some(name).filter(|name| !name.is_empty())
}

fn expression(fates: &[Fate]) -> String {
    let (set, removed): (Vec<_>, Vec<_>) = fates.iter().partition(|(_, fate)| fate.is_some());
    let set = set.iter().map(|(name, _)| format!("#{name} = :{name}")).collect::<Vec<_>>().join(", ");
    let removed = removed.iter().map(|(name, _)| format!("#{name}")).collect::<Vec<_>>().join(", ");
    let mut expression = "ADD #revision :one".to_owned();
    for (word, attributes) in [(" SET ", set), (" REMOVE ", removed)] {
        if !attributes.is_empty() {
            expression.push_str(word);
            expression.push_str(&attributes);
        }
    }
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_set_what_is_empty_is_removed_what_is_not_named_stays() {
        assert_eq!(expression(&[]), "ADD #revision :one");
        let fates = [(USER, None), (USER_KEY, None), (TENANT, Some(text("acme")))];
        assert_eq!(expression(&fates), "ADD #revision :one SET #t = :t REMOVE #u, #UK");
    }
}
