//! The inspector's resources under `/_lift/api`. Who may ask was checked before (`control/guard.rs`).

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::ask::Ask;
use super::entry::EntryId;
use super::journal::Cursor;
use crate::control::{ended, problem, read_json};
use crate::core::{ConnectionId, url};
use crate::database::Tables;
use crate::http::{self, Answer};
use crate::owner::{Command, Owner};

/// Changes of this time come together: ten answers a second are as much as anybody can read.
const BATCH: Duration = Duration::from_millis(100);
/// How long a question about changes is left open.
const PATIENCE: Duration = Duration::from_secs(20);

/// A page of a table: at most so many items, after this key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    limit: Option<u64>,
    start: Option<Value>,
}

/// Answers the page.
#[derive(Clone, Debug)]
pub(crate) struct InspectorApi {
    owner: Owner,
    tables: Tables,
}

impl InspectorApi {
    pub(crate) fn new(owner: Owner, tables: Tables) -> Self {
        Self { owner, tables }
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The answer, if the resource is one of the inspector's; `resource` is what follows `/_lift/api`, as sent.
    pub(crate) async fn answer(
        &self,
        resource: &str,
        request: Request<Incoming>,
    ) -> Result<Answer, Request<Incoming>> {
        let segments: Vec<String> =
            resource.split('/').filter(|segment| !segment.is_empty()).map(url::decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = request.uri().query().unwrap_or_default();
        let answer = match (request.method(), segments.as_slice()) {
            (&Method::GET, ["overview"]) => self.ask(|reply| Ask::Overview { reply }).await,
            (&Method::GET, ["connections"]) => {
                let search = parameter(query, "search").unwrap_or_default();
                self.ask(|reply| Ask::Connections { search, reply }).await
            }
            (&Method::POST, ["connections", id, "disconnect"]) => self.disconnect(id).await,
            (&Method::GET, ["changes"]) => self.changes(query).await,
            (&Method::GET, ["entries", id]) => match self.of_entry(id, Ask::entry).await {
                Some(detail) => http::json(StatusCode::OK, detail),
                None => gone(),
            },
            (&Method::GET, ["entries", id, "test"]) => match self.of_entry(id, Ask::test_source).await {
                Some(source) => http::with_type(StatusCode::OK, "text/plain; charset=utf-8", source),
                None => gone(),
            },
            (&Method::POST, ["entries", id, "replay"]) => match self.of_entry(id, Ask::replay).await {
                Some(EntryId(id)) => http::json(StatusCode::ACCEPTED, json!({ "id": id }).to_string()),
                None => gone(),
            },
            (&Method::GET, ["tables"]) => of_database(self.tables.list().await),
            (&Method::POST, ["tables", name, "scan"]) => {
                let name = (*name).to_owned();
                self.scan(name, request).await.unwrap_or_else(|problem| problem)
            }
            _ => return Err(request),
        };
        Ok(answer)
    }

    async fn ask(&self, ask: impl FnOnce(tokio::sync::oneshot::Sender<Bytes>) -> Ask) -> Answer {
        match self.owner.ask(|reply| Command::Inspect(ask(reply))).await {
            Some(body) => http::json(StatusCode::OK, body),
            None => ended(),
        }
    }

    /// As a program would, by `DELETE` of `@connections`, but without its credentials.
    async fn disconnect(&self, id: &str) -> Answer {
        let connection = ConnectionId::from(id);
        match self.owner.ask(|reply| Command::Inspect(Ask::Disconnect { connection, reply })).await {
            Some(true) => http::empty(StatusCode::NO_CONTENT),
            Some(false) => problem(StatusCode::GONE, "the connection has ended already"),
            None => ended(),
        }
    }

    async fn of_entry<T>(
        &self,
        id: &str,
        ask: impl FnOnce(EntryId, tokio::sync::oneshot::Sender<Option<T>>) -> Ask,
    ) -> Option<T> {
        let id = EntryId(id.parse().ok()?);
        self.owner.ask(|reply| Command::Inspect(ask(id, reply))).await.flatten()
    }

    /// Waits for changes, and a moment more, so that many come together. A page asks again when it has shown them: one
    /// that is slow gets fewer and larger answers, and nothing queues up for it.
    async fn changes(&self, query: &str) -> Answer {
        let owner = self.owner.clone();
        let come = self.owner.ask(|reply| Command::Inspect(Ask::Come { owner, reply })).await;
        let Some(lease) = come else { return ended() };
        let Some(since) = cursor(query) else {
            return match self.changes_since(None).await {
                Some(changes) => http::json(StatusCode::OK, changes),
                None => ended(),
            };
        };
        let waiting = async {
            loop {
                let changed = lease.changed().notified();
                if self.changes_since(Some(since)).await.is_some() {
                    return;
                }
                changed.await;
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            return http::empty(StatusCode::NO_CONTENT);
        }
        sleep(BATCH).await;
        match self.changes_since(Some(since)).await {
            Some(changes) => http::json(StatusCode::OK, changes),
            None => ended(),
        }
    }

    async fn changes_since(&self, since: Option<Cursor>) -> Option<Bytes> {
        self.owner.ask(|reply| Command::Inspect(Ask::Changes { since, reply })).await.flatten()
    }

    async fn scan(&self, table: String, request: Request<Incoming>) -> Result<Answer, Answer> {
        let Scan { limit, start } = read_json(request).await?;
        Ok(of_database(self.tables.scan(table, limit, start).await))
    }
}

impl Ask {
    fn entry(id: EntryId, reply: tokio::sync::oneshot::Sender<Option<Bytes>>) -> Self {
        Self::Entry { id, reply }
    }

    fn test_source(id: EntryId, reply: tokio::sync::oneshot::Sender<Option<String>>) -> Self {
        Self::TestSource { id, reply }
    }

    fn replay(id: EntryId, reply: tokio::sync::oneshot::Sender<Option<EntryId>>) -> Self {
        Self::Replay { id, reply }
    }
}

/// `None` if the page has seen nothing yet, or says nothing sensible.
fn cursor(query: &str) -> Option<Cursor> {
    let number = |name| parameter(query, name)?.parse().ok();
    Some(Cursor { gateway: number("gateway")?, version: number("version")?, next: number("next")? })
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| url::decode(&value.replace('+', " "))).next()
}

fn of_database(answer: Result<Value, String>) -> Answer {
    match answer {
        Ok(value) => http::json(StatusCode::OK, value.to_string()),
        Err(message) => problem(StatusCode::BAD_REQUEST, &message),
    }
}

fn gone() -> Answer {
    problem(
        StatusCode::NOT_FOUND,
        "the journal has no such entry any more, has not kept it whole, or nothing of the kind can be done with it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_all_its_numbers_or_is_none() {
        let cursor_of = |query| cursor(query).map(|cursor| (cursor.gateway, cursor.version, cursor.next));
        assert_eq!(cursor_of("gateway=9&version=7&next=3"), Some((9, 7, 3)));
        for other in ["", "version=7", "gateway=1&version=x&next=3", "gateway=1&version=-1&next=3"] {
            assert_eq!(cursor_of(other), None, "{other}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        assert_eq!(parameter("a=1&search=AbC%3D+d", "search").as_deref(), Some("AbC= d"));
        assert_eq!(parameter("search", "search"), None);
    }
}
