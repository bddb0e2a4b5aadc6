//! Leaving a group: the row of the membership and the group in the record go in one transaction, or a join of the
//! same connection in between would leave the one without the other.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, ReturnValue, TransactWriteItem, Update};

use super::DynamoStore;
use super::failure::classify;
use super::groups::{TRIES, incomplete, is_conflict, membership_key, reasons};
use super::item::{Item, record_key};
use super::membership::into_membership;
use super::table::attribute::PK;
use crate::backoff::Backoff;
use crate::store::{Membership, StoreError, StoreErrorKind};

/// Whose place in which group.
#[derive(Clone, Copy)]
struct Place<'a> {
    scope: &'a str,
    group: &'a str,
    connection_id: &'a str,
    connected_at: u64,
}

/// One shard in which the row may be, and the row if it is there.
type Found = (u16, Option<Membership>);

impl DynamoStore {
    pub(super) async fn leave_group(
        &self,
        scope: &str,
        group: &str,
        connection_id: &str,
        connected_at: u64,
    ) -> Result<Option<Membership>, StoreError> {
        let place = Place { scope, group, connection_id, connected_at };
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
        for _ in 0..TRIES {
            let found = self.find_rows(place).await?;
            let transaction = self.client.transact_write_items();
            let transaction = transaction.set_transact_items(Some(self.leaving(place, &found)?));
            match transaction.send().await {
                Ok(_) => return Ok(found.into_iter().find_map(|(_, row)| row)),
                Err(SdkError::ServiceError(e)) if is_without_record(e.err()) => {
                    return self.delete_rows(place, &found).await;
                }
                // Another join or leave of this connection was first: look again.
                Err(SdkError::ServiceError(e)) if is_conflict(e.err()) || has_changed(e.err()) => {
                    backoff.wait().await;
                }
                Err(error) => return Err(classify(&self.table, error)),
            }
        }
        Err(StoreError::new(StoreErrorKind::Throttled).about(group))
    }

    async fn find_rows(&self, place: Place<'_>) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for shard in self.group_shards.all_of(place.connection_id) {
            let get = self.client.get_item().table_name(&self.table).consistent_read(true);
            let answer = get.set_key(Some(row_key(place, shard))).send().await;
            let item = answer.map_err(|error| classify(&self.table, error))?.item;
            let row = item.filter(|item| !item.is_empty()).map(into_membership).transpose()?;
            found.push((shard, row));
        }
        Ok(found)
    }

    /// The record first, then the shards: rows that are there are deleted, the others must still not be there.
    fn leaving(&self, place: Place<'_>, found: &[Found]) -> Result<Vec<TransactWriteItem>, StoreError> {
        let record = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Item::from(record_key(place.scope, place.connection_id))))
            .update_expression("REMOVE #g.#group")
            .condition_expression("attribute_exists(#g)")
            .expression_attribute_names("#g", "g")
            .expression_attribute_names("#group", place.group)
            .build()
            .map_err(incomplete)?;
        let mut items = vec![TransactWriteItem::builder().update(record).build()];
        for (shard, row) in found {
            items.push(if row.is_some() {
                self.delete_of_row(place, *shard)?
            } else {
                self.no_row(place, *shard)?
            });
        }
        Ok(items)
    }

    fn delete_of_row(&self, place: Place<'_>, shard: u16) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(place, shard)))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn no_row(&self, place: Place<'_>, shard: u16) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(place, shard)))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// The connection has closed, so nobody joins any more: its rows can go one by one.
    async fn delete_rows(&self, place: Place<'_>, found: &[Found]) -> Result<Option<Membership>, StoreError> {
        let mut left = None;
        for (shard, _) in found.iter().filter(|(_, row)| row.is_some()) {
            let delete = self.client.delete_item().table_name(&self.table);
            let delete = delete.set_key(Some(row_key(place, *shard))).return_values(ReturnValue::AllOld);
            let answer = delete.send().await.map_err(|error| classify(&self.table, error))?;
            if let Some(item) = answer.attributes.filter(|item| !item.is_empty()) {
                left = Some(into_membership(item)?);
            }
        }
        Ok(left)
    }
}

fn row_key(place: Place<'_>, shard: u16) -> Item {
    membership_key(place.scope, place.group, shard, place.connection_id, place.connected_at)
}

/// The record's condition, which comes first, is what failed.
fn is_without_record(error: &TransactWriteItemsError) -> bool {
    failed(error).next() == Some(0)
}

/// A row's condition failed: it came or went meanwhile.
fn has_changed(error: &TransactWriteItemsError) -> bool {
    failed(error).any(|place| place > 0)
}

fn failed(error: &TransactWriteItemsError) -> impl Iterator<Item = usize> {
    let reasons = reasons(error).iter().enumerate();
    reasons.filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed")).map(|(place, _)| place)
}
