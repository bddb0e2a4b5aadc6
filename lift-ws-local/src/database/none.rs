//! In place of the database, in builds without the feature `database`.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::core::Faults;

/// No database. It has no address, so functions are told none.
#[derive(Debug)]
pub(crate) struct Database;

/// Makes no tables.
#[derive(Clone, Debug)]
pub(crate) struct Tables;

/// No items, so none that expire.
#[derive(Debug)]
pub(crate) struct Sweeps;

impl Sweeps {
    pub(crate) fn usual(faults: Faults) -> Self {
        drop(faults);
        Self
    }
}

/// A table is wanted.
#[derive(Debug)]
pub(crate) struct DatabaseError;

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tables are wanted, and this build has no database: turn on the feature `database` of lift-ws-local")
    }
}

impl Database {
    pub(crate) async fn start(
        dir: Option<PathBuf>,
        tables: Vec<Value>,
        sweeps: Sweeps,
    ) -> Result<Self, DatabaseError> {
        drop((dir, sweeps));
        Tables.create_missing(tables).await.map(|()| Self)
    }

    pub(crate) fn url(&self) -> Option<&str> {
        None
    }

    pub(crate) fn tables(&self) -> Tables {
        Tables
    }

    pub(crate) async fn shutdown(self) {}
}

impl Tables {
    pub(crate) async fn list(&self) -> Result<Value, String> {
        Ok(json!({ "tables": [] }))
    }

    pub(crate) async fn scan(
        &self,
        table: String,
        _limit: Option<u64>,
        _start: Option<Value>,
    ) -> Result<Value, String> {
        Err(format!("there is no table {table}: {DatabaseError}"))
    }

    pub(crate) async fn create_missing(&self, tables: Vec<Value>) -> Result<(), DatabaseError> {
        if tables.is_empty() { Ok(()) } else { Err(DatabaseError) }
    }
}
