//! Reading the connections of a user, of a tenant, or all: from the indexes.

use aws_sdk_dynamodb::types::Select;

use super::DynamoStore;
use super::failure::classify;
use super::item::{Item, record_key, text};
use super::keys::{self, NO_TENANT_SHARDS, Shards};
use super::table::attribute::{INDEX_SORT_KEY, TENANT_KEY, USER, USER_KEY};
use super::table::{TENANTS_INDEX, USERS_INDEX};
use crate::store::{ConnectionsPage, ConnectionsQuery, Cursor, Listed, StoreError, StoreErrorKind, Whom};

/// Where DynamoDB wants reading to go on; `None` after the end.
type Next = Option<Item>;

/// What one request found.
#[derive(Debug, Default)]
struct Found {
    items: Vec<Item>,
    count: u64,
    next: Next,
}

/// One partition of an index.
#[derive(Debug, Clone, Copy)]
struct Partition<'a> {
    index: &'static str,
    attribute: &'static str,
    key: &'a str,
}

impl DynamoStore {
    pub(super) async fn page_of_connections(
        &self,
        query: &ConnectionsQuery<'_>,
    ) -> Result<ConnectionsPage, StoreError> {
        let cursor = query.cursor.clone().unwrap_or_else(|| query.whom.start());
        let (shard, start) = (cursor.shard(), start_key(query, &cursor)?);
        let found = self.find(query, shard, start, false).await?;
        let next = match found.next {
            Some(key) => Some(cursor_of(query.whom, shard, &key)?),
            None => self.next_shard(query.whom, shard).map(Cursor::start_of),
        };
        let connections =
            found.items.iter().map(|item| listed(query, shard, item)).collect::<Result<_, _>>()?;
        Ok(ConnectionsPage::new(connections, next))
    }

    pub(super) async fn count_connections(&self, query: &ConnectionsQuery<'_>) -> Result<u64, StoreError> {
        // A page of a count is bounded by what is read, not by what would be sent.
        let query = &query.clone().limit(u32::MAX);
        let cursor = query.cursor.clone().unwrap_or_else(|| query.whom.start());
        let (mut shard, mut start, mut total) = (cursor.shard(), start_key(query, &cursor)?, 0);
        loop {
            let found = self.find(query, shard, start, true).await?;
            total += found.count;
            start = found.next;
            if start.is_none() {
                match self.next_shard(query.whom, shard) {
                    Some(next) => shard = next,
                    None => return Ok(total),
                }
            }
        }
    }

    async fn find(
        &self,
        query: &ConnectionsQuery<'_>,
        shard: u16,
        start: Next,
        only_count: bool,
    ) -> Result<Found, StoreError> {
        let partition = |index, attribute, key| Partition { index, attribute, key };
        match query.whom {
            Whom::User(user) => {
                let key = keys::user(query.scope, user);
                self.query_index(query, partition(USERS_INDEX, USER_KEY, &key), start, only_count).await
            }
            Whom::Tenant(tenant) => {
                let key = keys::tenant_shard(query.scope, tenant, shard);
                self.query_index(query, partition(TENANTS_INDEX, TENANT_KEY, &key), start, only_count).await
            }
            Whom::All { segment, of } => self.scan_tenants(query, (segment, of), start, only_count).await,
        }
    }

    async fn query_index(
        &self,
        query: &ConnectionsQuery<'_>,
        partition: Partition<'_>,
        start: Next,
        only_count: bool,
    ) -> Result<Found, StoreError> {
        let request = self.client.query().table_name(&self.table).index_name(partition.index);
        let answer = request
            .key_condition_expression("#key = :key AND #time >= :since")
            .expression_attribute_names("#key", partition.attribute)
            .expression_attribute_names("#time", INDEX_SORT_KEY)
            .expression_attribute_values(":key", text(partition.key))
            .expression_attribute_values(":since", text(keys::since(query.connected_since)))
            .set_select(only_count.then_some(Select::Count))
            .set_limit(limit(query))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| classify(&self.table, error))?;
        Ok(found(answer.items, answer.count, answer.last_evaluated_key))
    }

    /// The index holds each record once, so its rows are everybody; those of other scopes are left out.
    async fn scan_tenants(
        &self,
        query: &ConnectionsQuery<'_>,
        (segment, of): (u16, u16),
        start: Next,
        only_count: bool,
    ) -> Result<Found, StoreError> {
        let request = self.client.scan().table_name(&self.table).index_name(TENANTS_INDEX);
        let answer = request
            .segment(i32::from(segment))
            .total_segments(i32::from(of.max(1)))
            .filter_expression("begins_with(#key, :scope) AND #time >= :since")
            .expression_attribute_names("#key", TENANT_KEY)
            .expression_attribute_names("#time", INDEX_SORT_KEY)
            .expression_attribute_values(":scope", text(keys::tenants(query.scope)))
            .expression_attribute_values(":since", text(keys::since(query.connected_since)))
            .set_select(only_count.then_some(Select::Count))
            .set_limit(limit(query))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| classify(&self.table, error))?;
        Ok(found(answer.items, answer.count, answer.last_evaluated_key))
    }

    fn next_shard(&self, whom: Whom<'_>, shard: u16) -> Option<u16> {
        match whom {
            Whom::Tenant(tenant) => self.shards_of_tenant(tenant).after(shard),
            Whom::User(_) | Whom::All { .. } => None,
        }
    }

    fn shards_of_tenant(&self, tenant: &str) -> Shards {
        if tenant.is_empty() { Shards::new(NO_TENANT_SHARDS) } else { self.tenant_shards }
    }
}

fn found(items: Option<Vec<Item>>, count: i32, next: Next) -> Found {
    let next = next.filter(|key| !key.is_empty());
    Found { items: items.unwrap_or_default(), count: count.try_into().unwrap_or_default(), next }
}

fn limit(query: &ConnectionsQuery<'_>) -> Option<i32> {
    i32::try_from(query.limit).ok()
}

/// The key of the index right after which reading goes on; `None` at the start of a shard.
fn start_key(query: &ConnectionsQuery<'_>, cursor: &Cursor) -> Result<Next, StoreError> {
    if cursor.connection_id().is_empty() && cursor.shard() == query.whom.start().shard() {
        return Ok(None);
    }
    let key = match (query.whom, cursor.partition()) {
        (Whom::User(user), None) if cursor.shard() == 0 => (USER_KEY, keys::user(query.scope, user)),
        (Whom::Tenant(tenant), None) => (TENANT_KEY, keys::tenant_shard(query.scope, tenant, cursor.shard())),
        (Whom::All { segment, .. }, Some(key)) if cursor.shard() == segment => (TENANT_KEY, key.to_owned()),
        _ => return Err(invalid(cursor)),
    };
    // A start key outside the key condition is refused by DynamoDB; such a cursor has nothing before the range.
    let is_within = matches!(query.whom, Whom::All { .. }) || cursor.connected_at() >= query.connected_since;
    if cursor.connection_id().is_empty() || !is_within {
        return Ok(None);
    }
    index_key(key, cursor).map(Some)
}

fn index_key((attribute, key): (&str, String), cursor: &Cursor) -> Result<Item, StoreError> {
    // A scan goes through the rows of other scopes too, and may have stopped at one.
    let (scope, _) = key.split_once('#').ok_or_else(|| invalid(cursor))?;
    let id = cursor.connection_id();
    let mut start = Item::from(record_key(scope, id));
    start.insert(INDEX_SORT_KEY.to_owned(), text(keys::by_time(cursor.connected_at(), id)));
    start.insert(attribute.to_owned(), text(key));
    Ok(start)
}

fn invalid(cursor: &Cursor) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidCursor).about(cursor.to_string())
}

/// The place of an index's key.
fn cursor_of(whom: Whom<'_>, shard: u16, key: &Item) -> Result<Cursor, StoreError> {
    let (connected_at, id) = place_of(key)?;
    let cursor = Cursor::after(shard, connected_at, id);
    Ok(match whom {
        Whom::All { .. } => cursor.within(string(key, TENANT_KEY).unwrap_or_default()),
        Whom::User(_) | Whom::Tenant(_) => cursor,
    })
}

/// The connection in an index's row.
fn listed(query: &ConnectionsQuery<'_>, shard: u16, item: &Item) -> Result<Listed, StoreError> {
    let (connected_at, id) = place_of(item)?;
    let row = Listed::new(shard, connected_at, id);
    let user = || string(item, USER).map(str::to_owned);
    Ok(match query.whom {
        Whom::User(user) => row.with_user(Some(user.to_owned())),
        Whom::Tenant(tenant) => row.with_user(user()).with_tenant(Some(tenant.to_owned())),
        Whom::All { .. } => {
            let key = string(item, TENANT_KEY).unwrap_or_default();
            let tenant = keys::tenant_in(query.scope, key).map(str::to_owned);
            row.with_user(user()).with_tenant(tenant).within(key)
        }
    })
}

fn place_of(item: &Item) -> Result<(u64, &str), StoreError> {
    let place = string(item, INDEX_SORT_KEY).unwrap_or_default();
    keys::split_by_time(place).ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt).about(place))
}

fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}
