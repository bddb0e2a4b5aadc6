//! The operations of the store, one request each.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, DeleteRequest, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update, WriteRequest,
};

use super::failure::classify;
use super::item::{self, DEAD, Item, key, number, record_key, text};
use super::keys::{self, Shards};
use super::membership::{from_membership, into_membership};
use super::table::attribute::{PK, SK};
use super::table::table_name_from_env;
use crate::backoff::Backoff;
use crate::connection::Record;
use crate::store::{
    BoxFuture, ConnectionStore, Cursor, GoneOutcome, MAX_GROUPS, MembersQuery, Membership, MembershipPage,
    StoreError, StoreErrorKind,
};

/// How many deletions DynamoDB takes in one batch.
const BATCH: usize = 25;
/// How often a transaction that met another, or a batch that was taken in part, is tried again.
const TRIES: u32 = 6;

/// The store on one DynamoDB table; the module's documentation shows its rows.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    table: String,
    group_shards: Shards,
    tenant_shards: Shards,
}

impl DynamoStore {
    /// The store on a table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            group_shards: Shards::default(),
            tenant_shards: Shards::default(),
        }
    }

    /// The store on the table that `LIFT_WS_TABLE` names, or on `lift-ws-connections`.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Self {
        Self::new(Client::new(config), table_name_from_env())
    }

    /// Spreads each group over several partitions.
    ///
    /// One partition takes 1,000 writes a second: more is needed if a group is joined and left faster.
    #[must_use]
    pub fn with_group_shards(mut self, shards: Shards) -> Self {
        self.group_shards = shards;
        self
    }

    /// Spreads each tenant over several partitions of its index.
    #[must_use]
    pub fn with_tenant_shards(mut self, shards: Shards) -> Self {
        self.tenant_shards = shards;
        self
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    async fn put_record(&self, scope: &str, record: &Record) -> Result<(), StoreError> {
        let item = item::from_record(scope, record, self.tenant_shards)?;
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

    async fn get_record(&self, scope: &str, connection_id: &str) -> Result<Option<Record>, StoreError> {
        let key = Item::from(record_key(scope, connection_id));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = get.send().await.map_err(|error| classify(&self.table, error))?;
        answer.item.map_or(Ok(None), item::into_record)
    }

    async fn delete_record(
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

    async fn delete_gone_record(
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

    async fn join_group(&self, scope: &str, group: &str, membership: &Membership) -> Result<(), StoreError> {
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

    async fn leave_group(
        &self,
        scope: &str,
        group: &str,
        connection_id: &str,
        connected_at: u64,
    ) -> Result<Option<Membership>, StoreError> {
        let mut left = None;
        for shard in self.group_shards.all_of(connection_id) {
            let delete = self.client.delete_item().table_name(&self.table);
            let delete = delete
                .set_key(Some(membership_key(scope, group, shard, connection_id, connected_at)))
                .return_values(ReturnValue::AllOld);
            let answer = delete.send().await.map_err(|error| classify(&self.table, error))?;
            if let Some(item) = answer.attributes.filter(|item| !item.is_empty()) {
                left = Some(into_membership(item)?);
            }
        }
        self.group_out_of_record(scope, group, connection_id).await?;
        Ok(left)
    }

    async fn group_out_of_record(
        &self,
        scope: &str,
        group: &str,
        connection_id: &str,
    ) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update
            .set_key(Some(Item::from(record_key(scope, connection_id))))
            .update_expression("REMOVE #g.#group")
            .condition_expression("attribute_exists(#g)")
            .expression_attribute_names("#g", "g")
            .expression_attribute_names("#group", group);
        match update.send().await {
            Ok(_) => Ok(()),
            // No record, hence nothing to take out of it.
            Err(SdkError::ServiceError(e)) if is_refused_update(e.err()) => Ok(()),
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    async fn page(&self, query: &MembersQuery<'_>) -> Result<MembershipPage, StoreError> {
        let shard = query.cursor.as_ref().map_or(0, Cursor::shard);
        let request = self.client.query().table_name(&self.table);
        let mut request = request
            .key_condition_expression("#pk = :group AND #sk >= :since")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":group", text(keys::group(query.scope, query.group, shard)))
            .expression_attribute_values(":since", text(keys::since(query.connected_since)))
            .consistent_read(query.consistent)
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX));
        if let Some(cursor) = query.cursor.as_ref().filter(|cursor| is_within(cursor, query)) {
            let (id, connected_at) = (cursor.connection_id(), cursor.connected_at());
            let start = membership_key(query.scope, query.group, shard, id, connected_at);
            request = request.set_exclusive_start_key(Some(start));
        }
        let answer = request.send().await.map_err(|error| classify(&self.table, error))?;
        let more = answer.last_evaluated_key.is_some_and(|key| !key.is_empty());
        let members = answer.items.unwrap_or_default().into_iter().map(into_membership);
        let members: Vec<Membership> = members.collect::<Result<_, _>>()?;
        let cursor = self.next_cursor(shard, members.last().filter(|_| more));
        Ok(MembershipPage::new(shard, members, cursor))
    }

    /// After a page that is not its shard's last, right after its last member; else in the next shard.
    fn next_cursor(&self, shard: u16, last: Option<&Membership>) -> Option<Cursor> {
        match last {
            Some(last) => Some(Cursor::after(shard, last.connected_at, last.connection_id.clone())),
            None => (shard + 1 < self.group_shards.to_read()).then(|| Cursor::start_of(shard + 1)),
        }
    }

    async fn remove(
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

    async fn open(&self) {
        let key = Item::from(key("lift-ws#prewarm".to_owned(), keys::RECORD_SORT_KEY));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        if let Err(error) = get.send().await {
            let error = classify(&self.table, error);
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "prewarming the connection table failed"
            );
        }
    }
}

const NO_TOMBSTONE: &str = "attribute_not_exists(#dead)";

/// A start key outside the key condition is refused by DynamoDB; such a cursor has nothing before the range.
fn is_within(cursor: &Cursor, query: &MembersQuery<'_>) -> bool {
    !cursor.connection_id().is_empty() && cursor.connected_at() >= query.connected_since
}

fn membership_key(scope: &str, group: &str, shard: u16, connection_id: &str, connected_at: u64) -> Item {
    Item::from(key(keys::group(scope, group, shard), keys::by_time(connected_at, connection_id)))
}

fn is_refused_put(error: &PutItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn is_refused_delete(error: &DeleteItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn is_refused_update(error: &UpdateItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    }
}

/// Another transaction, or a write, was under way on one of the rows.
fn is_conflict(error: &TransactWriteItemsError) -> bool {
    const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    reasons(error).iter().any(|reason| reason.code().is_some_and(|code| PASSING.contains(&code)))
}

/// Why the record did not take the group, if that is why the transaction was cancelled.
fn refusal(error: &TransactWriteItemsError) -> Option<StoreErrorKind> {
    let record = reasons(error).first().filter(|reason| reason.code() == Some("ConditionalCheckFailed"))?;
    let is_record = record.item().is_some_and(|item| !item.is_empty() && !item.contains_key(DEAD));
    Some(if is_record { StoreErrorKind::TooManyGroups } else { StoreErrorKind::UnknownConnection })
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::new(StoreErrorKind::Other).with_source(error)
}

impl ConnectionStore for DynamoStore {
    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.put_record(scope, record))
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(self.get_record(scope, id))
    }

    fn delete<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        tombstone_until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(self.delete_record(scope, id, tombstone_until))
    }

    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>> {
        Box::pin(self.delete_gone_record(scope, id, connected_before))
    }

    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.join_group(scope, group, membership))
    }

    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>> {
        Box::pin(self.leave_group(scope, group, id, connected_at))
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        Box::pin(self.page(query))
    }

    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.remove(scope, id, connected_at, groups))
    }

    fn prewarm(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.open())
    }
}
