//! The operations on groups.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, DeleteRequest, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    WriteRequest,
};

use super::DynamoStore;
use super::failure::classify;
use super::item::{DEAD, Item, key, number, record_key, text};
use super::keys;
use super::membership::{from_membership, into_membership};
use super::table::attribute::{PK, SK};
use crate::backoff::Backoff;
use crate::store::{
    Cursor, MAX_GROUPS, MembersQuery, Membership, MembershipPage, StoreError, StoreErrorKind,
};

/// How many deletions DynamoDB takes in one batch.
const BATCH: usize = 25;
/// How often a transaction that met another, or a batch that was taken in part, is tried again.
pub(super) const TRIES: u32 = 6;

impl DynamoStore {
    pub(super) async fn join_group(
        &self,
        scope: &str,
        group: &str,
        membership: &Membership,
    ) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
        for attempt in 1.. {
            let transaction = self.client.transact_write_items();
            let transaction = transaction
                .transact_items(self.group_into_record(scope, group, membership)?)
                .transact_items(self.put_membership(scope, group, membership)?);
            match transaction.send().await {
                Ok(_) => break,
                Err(SdkError::ServiceError(e)) if is_conflict(e.err()) && attempt < TRIES => {
                    backoff.wait().await
                }
                Err(SdkError::ServiceError(e)) if refusal(e.err()).is_some() => {
                    let kind = refusal(e.err()).unwrap_or(StoreErrorKind::Other);
                    return Err(StoreError::new(kind).about(&membership.connection_id));
                }
                Err(SdkError::ServiceError(e)) if is_conflict(e.err()) => {
                    return Err(StoreError::new(StoreErrorKind::Throttled)
                        .about(group)
                        .with_source(e.into_err()));
                }
                Err(error) => return Err(classify(&self.table, error)),
            }
        }
        Ok(())
    }

    fn group_into_record(
        &self,
        scope: &str,
        group: &str,
        membership: &Membership,
    ) -> Result<TransactWriteItem, StoreError> {
        let member = membership.member.as_deref().unwrap_or("null");
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Item::from(record_key(scope, &membership.connection_id))))
            .update_expression("SET #g.#group = :member")
            .condition_expression(
                "attribute_exists(#pk) AND attribute_not_exists(#dead) \
                 AND (attribute_exists(#g.#group) OR size(#g) < :max)",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#dead", DEAD)
            .expression_attribute_names("#g", "g")
            .expression_attribute_names("#group", group)
            .expression_attribute_values(":member", text(member))
            .expression_attribute_values(":max", number(MAX_GROUPS as u64))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn put_membership(
        &self,
        scope: &str,
        group: &str,
        membership: &Membership,
    ) -> Result<TransactWriteItem, StoreError> {
        let shard = self.group_shards.of(&membership.connection_id);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(from_membership(scope, group, shard, membership)))
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(super) async fn page(&self, query: &MembersQuery<'_>) -> Result<MembershipPage, StoreError> {
        let shard = query.cursor.as_ref().map_or(0, Cursor::shard);
        let since = query.cursor.as_ref().map_or(0, Cursor::connected_at).max(query.connected_since);
        let request = self.client.query().table_name(&self.table);
        let mut request = request
            .key_condition_expression("#pk = :group AND #sk >= :since")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":group", text(keys::group(query.scope, query.group, shard)))
            .expression_attribute_values(":since", text(keys::since(since)))
            .consistent_read(query.consistent)
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX));
        if let Some(cursor) = query.cursor.as_ref().filter(|cursor| is_within(cursor, query)) {
            let (id, connected_at) = (cursor.connection_id(), cursor.connected_at());
            let start = membership_key(query.scope, query.group, shard, id, connected_at);
            request = request.set_exclusive_start_key(Some(start));
        }
        let answer = request.send().await.map_err(|error| classify(&self.table, error))?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        let members = answer.items.unwrap_or_default().into_iter().map(into_membership);
        let members: Vec<Membership> = members.collect::<Result<_, _>>()?;
        let cursor = self.next_cursor(shard, next)?;
        Ok(MembershipPage::new(shard, members, cursor))
    }

    /// Where DynamoDB says that the shard goes on (its page may be short, even empty); else in the next shard.
    fn next_cursor(&self, shard: u16, next: Option<Item>) -> Result<Option<Cursor>, StoreError> {
        let Some(key) = next else {
            return Ok(self.group_shards.after(shard).map(Cursor::start_of));
        };
        let last = into_membership(key)?;
        Ok(Some(Cursor::after(shard, last.connected_at, last.connection_id)))
    }

    pub(super) async fn remove(
        &self,
        scope: &str,
        connection_id: &str,
        connected_at: u64,
        groups: &[&str],
    ) -> Result<(), StoreError> {
        let mut requests = Vec::with_capacity(groups.len());
        for group in groups {
            for shard in self.group_shards.all_of(connection_id) {
                let key = membership_key(scope, group, shard, connection_id, connected_at);
                let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(incomplete)?;
                requests.push(WriteRequest::builder().delete_request(delete).build());
            }
        }
        for batch in requests.chunks(BATCH) {
            self.write_batch(batch.to_vec()).await?;
        }
        Ok(())
    }

    async fn write_batch(&self, mut batch: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
        for attempt in 1.. {
            let write = self.client.batch_write_item().request_items(&self.table, batch);
            let answer = write.send().await.map_err(|error| classify(&self.table, error))?;
            batch = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
            if batch.is_empty() {
                break;
            }
            if attempt >= TRIES {
                return Err(StoreError::new(StoreErrorKind::Throttled).about(&self.table));
            }
            backoff.wait().await;
        }
        Ok(())
    }
}

/// A start key outside the key condition is refused by DynamoDB; such a cursor has nothing before the range.
fn is_within(cursor: &Cursor, query: &MembersQuery<'_>) -> bool {
    !cursor.connection_id().is_empty() && cursor.connected_at() >= query.connected_since
}

pub(super) fn membership_key(
    scope: &str,
    group: &str,
    shard: u16,
    connection_id: &str,
    connected_at: u64,
) -> Item {
    Item::from(key(keys::group(scope, group, shard), keys::by_time(connected_at, connection_id)))
}

pub(super) fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    }
}

/// Another transaction, or a write, was under way on one of the rows.
pub(super) fn is_conflict(error: &TransactWriteItemsError) -> bool {
    const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    reasons(error).iter().any(|reason| reason.code().is_some_and(|code| PASSING.contains(&code)))
}

/// Why the record did not take the group, if that is why the transaction was cancelled.
fn refusal(error: &TransactWriteItemsError) -> Option<StoreErrorKind> {
    let record = reasons(error).first().filter(|reason| reason.code() == Some("ConditionalCheckFailed"))?;
    let is_record = record.item().is_some_and(|item| !item.is_empty() && !item.contains_key(DEAD));
    Some(if is_record { StoreErrorKind::TooManyGroups } else { StoreErrorKind::UnknownConnection })
}

pub(super) fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::new(StoreErrorKind::Other).with_source(error)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    fn cancelled(reasons: impl IntoIterator<Item = CancellationReason>) -> TransactWriteItemsError {
        let cancelled = TransactionCanceledException::builder();
        let cancelled = cancelled.set_cancellation_reasons(Some(reasons.into_iter().collect())).build();
        TransactWriteItemsError::TransactionCanceledException(cancelled)
    }

    fn because(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    #[test]
    fn a_transaction_that_met_another_is_tried_again() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            let error = cancelled([because("None"), because(code)]);
            assert!(is_conflict(&error) && refusal(&error).is_none(), "{code}");
        }
        let refused = cancelled([because("ConditionalCheckFailed"), because("None")]);
        assert!(!is_conflict(&refused));
    }

    #[test]
    fn the_row_that_refused_tells_why() {
        let refused = |item: Option<Item>| {
            let reason = CancellationReason::builder().code("ConditionalCheckFailed").set_item(item).build();
            refusal(&cancelled([reason, because("None")]))
        };
        let record = Item::from(record_key("s", "x"));
        let mut tombstone = record.clone();
        tombstone.insert(DEAD.to_owned(), AttributeValue::Bool(true));
        assert_eq!(refused(None), Some(StoreErrorKind::UnknownConnection));
        assert_eq!(refused(Some(tombstone)), Some(StoreErrorKind::UnknownConnection));
        assert_eq!(refused(Some(record)), Some(StoreErrorKind::TooManyGroups));
    }
}
