//! The operations on records.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::DynamoStore;
use super::failure::classify;
use super::item::{self, DEAD, Item, number, record_key};
use crate::connection::Record;
use crate::store::{GoneOutcome, StoreError, StoreErrorKind};

const NO_TOMBSTONE: &str = "attribute_not_exists(#dead)";

impl DynamoStore {
    pub(super) async fn put_record(&self, scope: &str, record: &Record) -> Result<(), StoreError> {
        let item = item::from_record(scope, record, self.tenant_shards);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        // Not "no item": the SDK repeats a call whose answer was lost, and must find its own record acceptable.
        let put = put.condition_expression(NO_TOMBSTONE).expression_attribute_names("#dead", DEAD);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if is_refused_put(e.err()) => {
                Err(StoreError::new(StoreErrorKind::Closed).about(record.connection_id()))
            }
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    pub(super) async fn get_record(
        &self,
        scope: &str,
        connection_id: &str,
    ) -> Result<Option<Record>, StoreError> {
        let key = Item::from(record_key(scope, connection_id));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = get.send().await.map_err(|error| classify(&self.table, error))?;
        answer.item.map_or(Ok(None), item::into_record)
    }

    pub(super) async fn delete_record(
        &self,
        scope: &str,
        connection_id: &str,
        tombstone_until: u64,
    ) -> Result<Option<Record>, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete
            .set_key(Some(Item::from(record_key(scope, connection_id))))
            .condition_expression(NO_TOMBSTONE)
            .expression_attribute_names("#dead", DEAD)
            .return_values(ReturnValue::AllOld);
        match delete.send().await {
            Ok(answer) => match answer.attributes.filter(|item| !item.is_empty()) {
                Some(item) => item::into_record(item),
                None => self.put_tombstone(scope, connection_id, tombstone_until).await,
            },
            Err(SdkError::ServiceError(e)) if is_refused_delete(e.err()) => Ok(None),
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    /// A record saved since the deletion found nothing is replaced, and was then removed by this call.
    async fn put_tombstone(
        &self,
        scope: &str,
        connection_id: &str,
        until: u64,
    ) -> Result<Option<Record>, StoreError> {
        let tombstone = item::tombstone(scope, connection_id, until);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(tombstone));
        let answer = put.return_values(ReturnValue::AllOld).send().await;
        let answer = answer.map_err(|error| classify(&self.table, error))?;
        answer.attributes.filter(|item| !item.is_empty()).map_or(Ok(None), item::into_record)
    }

    pub(super) async fn delete_gone_record(
        &self,
        scope: &str,
        connection_id: &str,
        connected_before: u64,
    ) -> Result<GoneOutcome, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete
            .set_key(Some(Item::from(record_key(scope, connection_id))))
            .condition_expression("attribute_not_exists(#dead) AND #c < :before")
            .expression_attribute_names("#dead", DEAD)
            .expression_attribute_names("#c", "c")
            .expression_attribute_values(":before", number(connected_before))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match delete.send().await {
            Ok(answer) => Ok(match answer.attributes.map_or(Ok(None), item::into_record)? {
                Some(record) => GoneOutcome::Removed(Box::new(record)),
                None => GoneOutcome::Absent,
            }),
            Err(SdkError::ServiceError(e)) if is_refused_delete(e.err()) => {
                let DeleteItemError::ConditionalCheckFailedException(refused) = e.into_err() else {
                    return Ok(GoneOutcome::Absent);
                };
                let is_record = refused.item.is_some_and(|item| !item.is_empty() && !item.contains_key(DEAD));
                Ok(if is_record { GoneOutcome::Young } else { GoneOutcome::Absent })
            }
            Err(error) => Err(classify(&self.table, error)),
        }
    }
}

fn is_refused_put(error: &PutItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn is_refused_delete(error: &DeleteItemError) -> bool {
    error.is_conditional_check_failed_exception()
}
