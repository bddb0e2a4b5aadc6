//! The management API of a test: it knows who is connected, and keeps what they were sent.

use crate::push::recording::RecordingPoster;
use crate::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Gateway {
    pub(super) poster: RecordingPoster,
    connections: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    open: BTreeSet<String>,
    /// Closed by the app, and not yet told so by a DISCONNECT.
    closed: Vec<String>,
}

impl Gateway {
    pub(super) fn open(&self, id: &str) {
        self.lock().open.insert(id.to_owned());
    }

    /// Was it open?
    pub(super) fn close(&self, id: &str) -> bool {
        self.lock().open.remove(id)
    }

    pub(super) fn is_open(&self, id: &str) -> bool {
        self.lock().open.contains(id)
    }

    pub(super) fn take_closed(&self) -> Vec<String> {
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
            known.open.remove(id);
            known.closed.push(id.to_owned());
            Ok(())
        })
    }
}
