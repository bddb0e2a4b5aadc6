//! Tickets in the connections' table.

use super::TicketStore;
use crate::store::dynamodb::table_name_from_env;
use crate::store::{BoxFuture, StoreError, StoreErrorKind};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use std::collections::HashMap;
use std::time::Duration;

/// How long one try of a request may take, unless the configuration says so itself.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
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

    /// Tickets in the table that `LIFT_WS_TABLE` names, or in `lift-ws-connections`.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Self {
        let own = config.timeout_config().cloned();
        let mut timeouts = own.as_ref().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        if own.and_then(|own| own.operation_attempt_timeout()).is_none() {
            timeouts = timeouts.operation_attempt_timeout(ATTEMPT_TIMEOUT);
        }
        let config = aws_sdk_dynamodb::config::Builder::from(config).timeout_config(timeouts.build()).build();
        Self::new(Client::from_conf(config), table_name_from_env())
    }

    async fn put_row(
        &self,
        scope: &str,
        hash: &str,
        ticket: &str,
        expires_at: u64,
    ) -> Result<(), StoreError> {
        // No condition: nobody else draws this secret, and the SDK repeats a call whose answer was lost.
        let put = self.client.put_item().table_name(&self.table).set_item(Some(key(scope, hash)));
        let put = put.item(TICKET, text(ticket)).item("exp", AttributeValue::N(expires_at.to_string()));
        put.send().await.map(drop).map_err(|error| self.failed(error))
    }

    async fn take_row(&self, scope: &str, hash: &str) -> Result<Option<String>, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key(scope, hash)));
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
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
        StoreError::new(StoreErrorKind::Other).about(&self.table).with_source(error)
    }
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn key(scope: &str, hash: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("PK".to_owned(), text(format!("{scope}#K#{hash}"))), ("SK".to_owned(), text(SORT_KEY))])
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
