//! Limits in the connections' table.

use super::{Attempt, Begun, LimitStore};
use crate::store::dynamodb::{EXPIRY, Item, classify, client, key, number, table_name_from_env, text};
use crate::store::{BoxFuture, StoreError, StoreErrorKind};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use std::fmt;

const ONCE: &str = "O";

/// Attributes of rows.
mod name {
    pub(super) const COUNT: &str = "n";
    pub(super) const TOKEN: &str = "own";
    pub(super) const LEASE: &str = "til";
    pub(super) const OUTCOME: &str = "d";
}

/// Limits in a DynamoDB table, by default that of the connections. Its time-to-live forgets them.
///
/// | row | `PK` | `SK` | attributes |
/// | --- | --- | --- | --- |
/// | counter | `{scope}#L#{key}` | the window | `n` |
/// | what is done once | `{scope}#O#{key}` | `O` | `own`, `til` while it is done, `d` after |
///
/// Counting is one conditional `UpdateItem`: one write unit, also if it is refused. What is done once costs two: a
/// conditional `PutItem` before, and an `UpdateItem` (one unit for each KB of the reply) or `DeleteItem` after. It needs
/// `dynamodb:PutItem`, `UpdateItem` and `DeleteItem`. If the SDK repeats a count whose answer was lost, one is counted
/// twice.
#[derive(Clone)]
pub struct DynamoLimitStore {
    client: Client,
    table: String,
}

/// Without the client, whose description fills pages.
impl fmt::Debug for DynamoLimitStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoLimitStore").field("table", &self.table).finish_non_exhaustive()
    }
}

impl DynamoLimitStore {
    /// Limits in this table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// [`from_config`](Self::from_config) with the AWS SDK configured by the environment, as
    /// [`Connections::from_env`](crate::connection::Connections::from_env) is.
    pub async fn from_env() -> Self {
        Self::from_config(&aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await)
    }

    /// Limits in the table that `LIFT_WS_TABLE` names, or in `lift-ws-connections`.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Self {
        Self::new(client(config), table_name_from_env())
    }

    async fn add(&self, row: Item, most: u32, expires_at: u64) -> Result<bool, StoreError> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(row));
        let update = update
            .update_expression("SET #exp = :exp ADD #n :one")
            .condition_expression("attribute_not_exists(#n) OR #n < :most")
            .expression_attribute_names("#n", name::COUNT)
            .expression_attribute_names("#exp", EXPIRY)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most.into()))
            .expression_attribute_values(":exp", number(expires_at));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    /// Over nothing, over its own row (the SDK repeats a call whose answer was lost), over one whose lease has ended, and
    /// over one that has expired and was not swept yet.
    async fn put_attempt(&self, row: Item, attempt: &Attempt) -> Result<Begun, StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let put = put
            .item(name::TOKEN, text(&*attempt.token))
            .item(name::LEASE, number(attempt.lease_until))
            .item(EXPIRY, number(attempt.expires_at))
            .condition_expression(
                "attribute_not_exists(#own) OR (#own = :me AND attribute_not_exists(#d)) OR #til <= :now OR #exp <= :second",
            )
            .expression_attribute_names("#own", name::TOKEN)
            .expression_attribute_names("#d", name::OUTCOME)
            .expression_attribute_names("#til", name::LEASE)
            .expression_attribute_names("#exp", EXPIRY)
            .expression_attribute_values(":me", text(&*attempt.token))
            .expression_attribute_values(":now", number(attempt.now))
            .expression_attribute_values(":second", number(attempt.now / 1_000))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Begun::First),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                let PutItemError::ConditionalCheckFailedException(refused) = e.into_err() else {
                    return Ok(Begun::InProgress);
                };
                match refused.item.and_then(|mut row| row.remove(name::OUTCOME)) {
                    None => Ok(Begun::InProgress),
                    Some(AttributeValue::S(outcome)) => Ok(Begun::Done(outcome)),
                    Some(_) => Err(StoreError::new(StoreErrorKind::Corrupt).about(&self.table)),
                }
            }
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    async fn keep(&self, row: Item, attempt: &Attempt, outcome: &str) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(row));
        let update = update
            .update_expression("SET #d = :d, #exp = :exp REMOVE #til")
            .condition_expression("#own = :me")
            .expression_attribute_names("#own", name::TOKEN)
            .expression_attribute_names("#d", name::OUTCOME)
            .expression_attribute_names("#til", name::LEASE)
            .expression_attribute_names("#exp", EXPIRY)
            .expression_attribute_values(":me", text(&*attempt.token))
            .expression_attribute_values(":d", text(outcome))
            .expression_attribute_values(":exp", number(attempt.expires_at));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    async fn remove(&self, row: Item, attempt: &Attempt) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row));
        let delete = delete
            .condition_expression("#own = :me AND attribute_not_exists(#d)")
            .expression_attribute_names("#own", name::TOKEN)
            .expression_attribute_names("#d", name::OUTCOME)
            .expression_attribute_values(":me", text(&*attempt.token));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(classify(&self.table, error)),
        }
    }
}

fn counter(scope: &str, name: &str, window: u64) -> Item {
    Item::from(key([scope, "#L#", name].concat(), window.to_string()))
}

fn doing(scope: &str, name: &str) -> Item {
    Item::from(key([scope, "#O#", name].concat(), ONCE))
}

impl LimitStore for DynamoLimitStore {
    fn count<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        window: u64,
        most: u32,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.add(counter(scope, key, window), most, expires_at))
    }

    fn begin<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Begun, StoreError>> {
        Box::pin(self.put_attempt(doing(scope, key), attempt))
    }

    fn finish<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
        outcome: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.keep(doing(scope, key), attempt, outcome))
    }

    fn give_up<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.remove(doing(scope, key), attempt))
    }
}
