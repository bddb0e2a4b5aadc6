//! A management API with latency, that is throttled now and then, and counts.

use bytes::Bytes;
use lift_ws::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use lift_ws::store::BoxFuture;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(crate) struct Gateway {
    pub(crate) received: Mutex<HashMap<String, usize>>,
    pub(crate) posts: AtomicUsize,
    /// At so many posts somebody pulls the plug.
    pub(crate) alarm_at: AtomicUsize,
    pub(crate) alarm: Notify,
    pub(crate) latency: Duration,
    /// Of a thousand posts, so many are told to slow down.
    pub(crate) throttled: usize,
}

impl Gateway {
    pub(crate) fn received(&self, id: &str) -> usize {
        self.received.lock().unwrap().get(id).copied().unwrap_or_default()
    }

    pub(crate) fn total(&self) -> usize {
        self.received.lock().unwrap().values().sum()
    }

    pub(crate) async fn after(&self, posts: usize) {
        self.alarm_at.store(self.posts.load(Ordering::SeqCst) + posts, Ordering::SeqCst);
        self.alarm.notified().await;
    }
}

impl Poster for Gateway {
    fn post<'a>(&'a self, _: &'a str, id: &'a str, _: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let n = self.posts.fetch_add(1, Ordering::SeqCst) + 1;
            if n == self.alarm_at.load(Ordering::SeqCst) {
                self.alarm.notify_one();
            }
            if (n * 7_919) % 1_000 < self.throttled {
                return Err(PostError::new(PostErrorKind::Throttled));
            }
            *self.received.lock().unwrap().entry(id.to_owned()).or_default() += 1;
            tokio::time::sleep(self.latency).await; // the answer may come too late
            Ok(())
        })
    }

    fn info<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async { Ok(ConnectionInfo::default()) })
    }

    fn disconnect<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async { Ok(()) })
    }
}
