//! Looking at the tables, for the inspector: a list of them, and their items page by page.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Order, Tables};

/// The most items of a page.
const PAGE: u64 = 200;

#[derive(Debug)]
pub(super) struct Look {
    what: What,
    reply: oneshot::Sender<Result<Value, String>>,
}

#[derive(Debug)]
enum What {
    List,
    Scan { table: String, limit: u64, start: Option<Value> },
}

impl Tables {
    /// Names, key schemas and item counts.
    pub(crate) async fn list(&self) -> Result<Value, String> {
        self.look(What::List).await
    }

    /// A page of items, and where the next begins (`LastEvaluatedKey`), as `Scan` answers.
    pub(crate) async fn scan(
        &self,
        table: String,
        limit: Option<u64>,
        start: Option<Value>,
    ) -> Result<Value, String> {
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let start = start.filter(|start| !start.is_null());
        self.look(What::Scan { table, limit, start }).await
    }

    async fn look(&self, what: What) -> Result<Value, String> {
        let (reply, seen) = oneshot::channel();
        let _ = self.0.send(Order::Look(Look { what, reply }));
        seen.await.unwrap_or_else(|_| Err("the database has ended".to_owned()))
    }
}

impl Look {
    pub(super) fn answer(self, database: &dynoxide::Database) {
        let seen = match self.what {
            What::List => list(database),
            What::Scan { table, limit, start } => scan(database, &table, limit, start.as_ref()),
        };
        let _ = self.reply.send(seen);
    }
}

fn list(database: &dynoxide::Database) -> Result<Value, String> {
    let names = database.list_tables(request(json!({}))?).map_err(|error| error.to_string())?.table_names;
    let tables = names.into_iter().map(|name| {
        let described = database.describe_table(request(json!({ "TableName": name }))?);
        serde_json::to_value(described.map_err(|error| error.to_string())?)
            .map(|described| described["Table"].clone())
            .map_err(|error| error.to_string())
    });
    Ok(json!({ "tables": tables.collect::<Result<Vec<Value>, String>>()? }))
}

fn scan(
    database: &dynoxide::Database,
    table: &str,
    limit: u64,
    start: Option<&Value>,
) -> Result<Value, String> {
    let mut scan = json!({ "TableName": table, "Limit": limit, "ConsistentRead": true });
    if let Some(start) = start {
        scan["ExclusiveStartKey"] = start.clone();
    }
    let page = database.scan(request(scan)?).map_err(|error| error.to_string())?;
    serde_json::to_value(page).map_err(|error| error.to_string())
}

fn request<T: serde::de::DeserializeOwned>(request: Value) -> Result<T, String> {
    serde_json::from_value(request).map_err(|error| error.to_string())
}
