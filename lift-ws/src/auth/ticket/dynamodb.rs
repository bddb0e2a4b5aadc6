//! Tickets in the connections' table.

use super::TicketStore;
use crate::store::dynamodb::{EXPIRY, Item, classify, client, key, number, table_name_from_env, text};
use crate::store::{BoxFuture, StoreError, StoreErrorKind};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

const SORT_KEY: &str = "K";
const TICKET: &str = "d";

/// Tickets in a DynamoDB table, by default that of the connections.
///
/// The row of a ticket is `{scope}#K#{hash}` / `K`, with the ticket in `d` and its end in `exp`, after which
/// DynamoDB forgets it. Issuing costs one write unit, and taking one: a `DeleteItem` on condition that the row is
/// there, which returns it. It needs `dynamodb:PutItem` and `dynamodb:DeleteItem`.
#[derive(Clone, Debug)]
pub struct DynamoTicketStore {
    client: Client,
    table: String,
}

impl DynamoTicketStore {
    /// Tickets in this table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// [`from_config`](Self::from_config) with the AWS SDK configured by the environment, as
    /// [`Connections::from_env`](crate::connection::Connections::from_env) is.
    pub async fn from_env() -> Self {
        Self::from_config(&aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await)
    }

    /// Tickets in the table that `LIFT_WS_TABLE` names, or in `lift-ws-connections`.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Self {
        Self::new(client(config), table_name_from_env())
    }

    async fn put_row(
        &self,
        scope: &str,
        hash: &str,
        ticket: &str,
        expires_at: u64,
    ) -> Result<(), StoreError> {
        // No condition: nobody else draws this secret, and the SDK repeats a call whose answer was lost.
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row(scope, hash)));
        let put = put.item(TICKET, text(ticket)).item(EXPIRY, number(expires_at));
        put.send().await.map(drop).map_err(|error| classify(&self.table, error))
    }

    async fn take_row(&self, scope: &str, hash: &str) -> Result<Option<String>, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row(scope, hash)));
        let delete = delete
            .condition_expression("attribute_exists(#ticket)")
            .expression_attribute_names("#ticket", TICKET)
            .return_values(ReturnValue::AllOld);
        match delete.send().await {
            Ok(answer) => match answer.attributes.and_then(|mut row| row.remove(TICKET)) {
                Some(AttributeValue::S(ticket)) => Ok(Some(ticket)),
                _ => Err(StoreError::new(StoreErrorKind::Corrupt).about(&self.table)),
            },
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(classify(&self.table, error)),
        }
    }
}

fn row(scope: &str, hash: &str) -> Item {
    Item::from(key(format!("{scope}#K#{hash}"), SORT_KEY))
}

impl TicketStore for DynamoTicketStore {
    fn put<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
        ticket: &'a str,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.put_row(scope, hash, ticket, expires_at))
    }

    fn take<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(self.take_row(scope, hash))
    }
}
