//! The management API of a test: it knows who is connected, and keeps what they were sent.

use crate::push::recording::RecordingPoster;
use crate::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;
use bytes::Bytes;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Gateway {
    pub(super) poster: RecordingPoster,
    connections: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// With what the authorizer said of each.
    open: BTreeMap<String, Option<Value>>,
    /// Closed by the app, and not yet told so by a DISCONNECT.
    closed: Vec<(String, Option<Value>)>,
}

impl Gateway {
    pub(super) fn open(&self, id: &str, authorizer: Option<Value>) {
        self.lock().open.insert(id.to_owned(), authorizer);
    }

    /// What the authorizer said of it; `None` if it was not open.
    #[allow(clippy::option_option, reason = "not open; open without an authorizer; open with one")]
    pub(super) fn close(&self, id: &str) -> Option<Option<Value>> {
        self.lock().open.remove(id)
    }

    pub(super) fn is_open(&self, id: &str) -> bool {
        self.lock().open.contains_key(id)
    }

    /// What the authorizer said when it was opened.
    pub(super) fn authorizer(&self, id: &str) -> Option<Value> {
        self.lock().open.get(id).cloned().flatten()
    }

    pub(super) fn take_closed(&self) -> Vec<(String, Option<Value>)> {
        std::mem::take(&mut self.lock().closed)
    }

    fn known(&self, id: &str) -> Result<(), PostError> {
        if self.is_open(id) { Ok(()) } else { Err(PostError::new(PostErrorKind::Gone)) }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Poster for Gateway {
    fn post<'a>(&'a self, url: &'a str, id: &'a str, message: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            self.known(id)?;
            self.poster.post(url, id, message).await
        })
    }

    fn info<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async move {
            self.known(id)?;
            self.poster.info(url, id).await
        })
    }

    fn disconnect<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            self.known(id)?;
            self.poster.disconnect(url, id).await?;
            let mut known = self.lock();
            let authorizer = known.open.remove(id).flatten();
            known.closed.push((id.to_owned(), authorizer));
            Ok(())
        })
    }
}
