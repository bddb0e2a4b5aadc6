//! Broadcasts in the table: one row for the message, one for each segment that somebody has worked on.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::DynamoStore;
use super::failure::classify;
use super::item::{Item, key, number, text};
use super::table::attribute::{EXPIRY, PK, SK};
use crate::store::broadcasts::{BroadcastStore, Claim, Claimed, SegmentState, StoredBroadcast};
use crate::store::{BoxFuture, ParseCursorError, StoreError, StoreErrorKind};

/// The sort key of the row with the message.
const MESSAGE_ROW: &str = "P";

/// What the sort keys of segments begin with.
const SEGMENT_ROWS: &str = "S#";

/// Names of attributes: short, since each row carries them.
mod name {
    pub(super) const PLAN: &str = "plan";
    pub(super) const MESSAGE: &str = "m";
    pub(super) const SEGMENTS: &str = "n";
    pub(super) const OWNER: &str = "own";
    pub(super) const TURN: &str = "trn";
    pub(super) const UNTIL: &str = "til";
    pub(super) const CURSOR: &str = "cur";
    pub(super) const COUNTS: &str = "cnt";
    pub(super) const POSTPONED: &str = "pp";
    pub(super) const DONE: &str = "fin";
}

fn partition(scope: &str, id: &str) -> String {
    format!("{scope}#B#{id}")
}

fn segment_key(scope: &str, id: &str, segment: u16) -> Item {
    Item::from(key(partition(scope, id), format!("{SEGMENT_ROWS}{segment:05}")))
}

impl DynamoStore {
    async fn save_broadcast(
        &self,
        scope: &str,
        id: &str,
        broadcast: &StoredBroadcast,
    ) -> Result<(), StoreError> {
        let mut item = Item::from(key(partition(scope, id), MESSAGE_ROW));
        item.insert(name::PLAN.to_owned(), text(broadcast.plan.clone()));
        item.insert(name::MESSAGE.to_owned(), AttributeValue::B(Blob::new(broadcast.message.to_vec())));
        item.insert(name::SEGMENTS.to_owned(), number(broadcast.segments.into()));
        item.insert(EXPIRY.to_owned(), number(broadcast.expires_at));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| classify(&self.table, error))
    }

    async fn load_broadcast(&self, scope: &str, id: &str) -> Result<Option<StoredBroadcast>, StoreError> {
        let key = Item::from(key(partition(scope, id), MESSAGE_ROW));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = get.send().await.map_err(|error| classify(&self.table, error))?;
        let Some(mut item) = answer.item else { return Ok(None) };
        let (Some(AttributeValue::S(plan)), Some(AttributeValue::B(message)), Some(segments)) =
            (item.remove(name::PLAN), item.remove(name::MESSAGE), number_in(&item, name::SEGMENTS))
        else {
            return Err(StoreError::new(StoreErrorKind::Corrupt).about(id));
        };
        let segments = u16::try_from(segments).unwrap_or(u16::MAX);
        let expires_at = number_in(&item, EXPIRY).unwrap_or_default();
        Ok(Some(StoredBroadcast::new(plan, message.into_inner(), segments, expires_at)))
    }

    /// One conditional write: a row that is not there yet is made by it.
    async fn claim_segment(
        &self,
        scope: &str,
        id: &str,
        segment: u16,
        claim: &Claim<'_>,
    ) -> Result<Claimed, StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update
            .set_key(Some(segment_key(scope, id, segment)))
            .update_expression("SET #own = :me, #trn = :turn, #til = :until, #exp = :exp")
            .condition_expression(
                "attribute_not_exists(#pk) OR (attribute_not_exists(#fin) AND #trn <= :turn AND (#til <= :now OR #own = :me))",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#own", name::OWNER)
            .expression_attribute_names("#trn", name::TURN)
            .expression_attribute_names("#til", name::UNTIL)
            .expression_attribute_names("#fin", name::DONE)
            .expression_attribute_names("#exp", EXPIRY)
            .expression_attribute_values(":me", text(claim.owner))
            .expression_attribute_values(":turn", number(claim.turn.into()))
            .expression_attribute_values(":until", number(claim.until))
            .expression_attribute_values(":now", number(claim.now))
            .expression_attribute_values(":exp", number(claim.expires_at))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(answer) => Ok(Claimed::Yours(state_of(&answer.attributes.unwrap_or_default(), id)?)),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(refused) = e.into_err() else {
                    return Ok(Claimed::Busy { until: claim.now });
                };
                Ok(refusal(&refused.item.unwrap_or_default(), claim))
            }
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    async fn checkpoint_segment(
        &self,
        scope: &str,
        id: &str,
        segment: u16,
        owner: &str,
        state: &SegmentState,
        release: bool,
    ) -> Result<bool, StoreError> {
        let json = |error| StoreError::new(StoreErrorKind::Json).about(id).with_source(error);
        let counts = serde_json::to_string(&state.counts).map_err(json)?;
        let postponed = serde_json::to_string(&state.postponed).map_err(json)?;
        let mut set = "SET #cnt = :cnt, #pp = :pp".to_owned();
        let mut update = self.client.update_item().table_name(&self.table);
        if let Some(cursor) = &state.cursor {
            set.push_str(", #cur = :cur");
            update = update
                .expression_attribute_names("#cur", name::CURSOR)
                .expression_attribute_values(":cur", text(cursor.to_string()));
        }
        if state.done {
            set.push_str(", #fin = :fin");
            update = update
                .expression_attribute_names("#fin", name::DONE)
                .expression_attribute_values(":fin", AttributeValue::Bool(true));
        }
        if release {
            set.push_str(", #til = :zero");
            update = update
                .expression_attribute_names("#til", name::UNTIL)
                .expression_attribute_values(":zero", number(0));
        }
        let update = update
            .set_key(Some(segment_key(scope, id, segment)))
            .update_expression(set)
            .condition_expression("#own = :me")
            .expression_attribute_names("#own", name::OWNER)
            .expression_attribute_names("#cnt", name::COUNTS)
            .expression_attribute_names("#pp", name::POSTPONED)
            .expression_attribute_values(":pp", text(postponed))
            .expression_attribute_values(":me", text(owner))
            .expression_attribute_values(":cnt", text(counts));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(classify(&self.table, error)),
        }
    }

    async fn segments_of(&self, scope: &str, id: &str) -> Result<Vec<SegmentState>, StoreError> {
        let mut states = Vec::new();
        let mut from = None;
        loop {
            let query = self.client.query().table_name(&self.table);
            let query = query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :rows)")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#sk", SK)
                .expression_attribute_values(":pk", text(partition(scope, id)))
                .expression_attribute_values(":rows", text(SEGMENT_ROWS))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            let page = query.send().await.map_err(|error| classify(&self.table, error))?;
            for item in page.items() {
                states.push(state_of(item, id)?);
            }
            match page.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(states),
            }
        }
    }
}

fn number_in(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn state_of(item: &Item, id: &str) -> Result<SegmentState, StoreError> {
    let corrupt = |what: String| StoreError::new(StoreErrorKind::Corrupt).about(id).with_source(what);
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let cursor = text(name::CURSOR).map(|cursor| cursor.parse()).transpose();
    let counts = text(name::COUNTS).map(|counts| serde_json::from_str(counts)).transpose();
    let postponed = text(name::POSTPONED).map(|list| serde_json::from_str(list)).transpose();
    Ok(SegmentState {
        cursor: cursor.map_err(|error: ParseCursorError| corrupt(error.to_string()))?,
        counts: counts.map_err(|error: serde_json::Error| corrupt(error.to_string()))?.unwrap_or_default(),
        postponed: postponed
            .map_err(|error: serde_json::Error| corrupt(error.to_string()))?
            .unwrap_or_default(),
        done: item.contains_key(name::DONE),
    })
}

/// Why the row refused the claim.
fn refusal(item: &Item, claim: &Claim<'_>) -> Claimed {
    if item.contains_key(name::DONE) {
        return Claimed::Done;
    }
    if number_in(item, name::TURN).is_some_and(|turn| turn > claim.turn.into()) {
        return Claimed::Passed;
    }
    Claimed::Busy { until: number_in(item, name::UNTIL).unwrap_or(claim.now) }
}

impl BroadcastStore for DynamoStore {
    fn save<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        broadcast: &'a StoredBroadcast,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.save_broadcast(scope, id, broadcast))
    }

    fn load<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredBroadcast>, StoreError>> {
        Box::pin(self.load_broadcast(scope, id))
    }

    fn claim<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        claim: &'a Claim<'a>,
    ) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        Box::pin(self.claim_segment(scope, id, segment, claim))
    }

    fn checkpoint<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        owner: &'a str,
        state: &'a SegmentState,
        release: bool,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.checkpoint_segment(scope, id, segment, owner, state, release))
    }

    fn segments<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SegmentState>, StoreError>> {
        Box::pin(self.segments_of(scope, id))
    }

    fn group_shards(&self) -> u16 {
        self.group_shards.to_read()
    }
}
