//! A gateway in memory: it keeps what is posted, and fails as it is told.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;

/// A gateway in memory, for tests: it keeps what is posted to each connection, and fails as it is told.
///
/// ```
/// # use lift_ws::push::{Poster, PostErrorKind, recording::RecordingPoster};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let poster = RecordingPoster::new();
/// poster.fail("Bob=", PostErrorKind::Gone);
/// poster.post("http://test", "Ann=", "hello".into()).await.unwrap();
/// assert_eq!(poster.posted_to("Ann="), ["hello"]);
/// assert!(poster.post("http://test", "Bob=", "hello".into()).await.is_err());
/// # });
/// ```
#[derive(Debug, Default)]
pub struct RecordingPoster {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    posts: Vec<Post>,
    disconnected: Vec<String>,
    failures: HashMap<String, Failure>,
    infos: BTreeMap<String, ConnectionInfo>,
}

#[derive(Debug, Clone, Copy)]
struct Failure {
    kind: PostErrorKind,
    left: u32,
}

/// One message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Post {
    /// Where it was posted.
    pub callback_url: String,
    /// To whom.
    pub connection_id: String,
    /// What.
    pub message: Bytes,
}

impl RecordingPoster {
    /// A gateway to which nothing has been posted and that takes everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every later call about the connection fails so.
    pub fn fail(&self, connection_id: impl Into<String>, kind: PostErrorKind) {
        self.fail_times(connection_id, kind, u32::MAX);
    }

    /// The next calls about the connection fail so, later ones succeed.
    pub fn fail_times(&self, connection_id: impl Into<String>, kind: PostErrorKind, times: u32) {
        self.lock().failures.insert(connection_id.into(), Failure { kind, left: times });
    }

    /// Says what `info` answers about a connection.
    pub fn set_info(&self, connection_id: impl Into<String>, info: ConnectionInfo) {
        self.lock().infos.insert(connection_id.into(), info);
    }

    /// All messages taken, in order.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.lock().posts.clone()
    }

    /// Takes all messages out.
    #[must_use]
    pub fn take_posts(&self) -> Vec<Post> {
        std::mem::take(&mut self.lock().posts)
    }

    /// The messages one connection was sent, as text.
    #[must_use]
    pub fn posted_to(&self, connection_id: &str) -> Vec<String> {
        let state = self.lock();
        let posts = state.posts.iter().filter(|post| post.connection_id == connection_id);
        posts.map(|post| String::from_utf8_lossy(&post.message).into_owned()).collect()
    }

    /// The connections that were closed, in order.
    #[must_use]
    pub fn disconnected(&self) -> Vec<String> {
        self.lock().disconnected.clone()
    }

    fn call<T>(&self, connection_id: &str, answer: impl FnOnce(&mut State) -> T) -> Result<T, PostError> {
        let mut state = self.lock();
        if let Some(failure) = state.failures.get_mut(connection_id).filter(|failure| failure.left > 0) {
            failure.left -= 1;
            return Err(PostError::new(failure.kind));
        }
        Ok(answer(&mut state))
    }

    // Each operation leaves the state whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Poster for RecordingPoster {
    fn post<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
        message: Bytes,
    ) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            self.call(connection_id, |state| {
                let (callback_url, connection_id) = (callback_url.to_owned(), connection_id.to_owned());
                state.posts.push(Post { callback_url, connection_id, message });
            })
        })
    }

    fn info<'a>(
        &'a self,
        _callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async move {
            self.call(connection_id, |state| state.infos.get(connection_id).cloned().unwrap_or_default())
        })
    }

    fn disconnect<'a>(
        &'a self,
        _callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            self.call(connection_id, |state| state.disconnected.push(connection_id.to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_fails_as_often_as_it_was_told() {
        let poster = RecordingPoster::new();
        poster.fail_times("a", PostErrorKind::Throttled, 1);
        let first = poster.post("u", "a", Bytes::from_static(b"1")).await;
        assert_eq!(first.unwrap_err().kind(), PostErrorKind::Throttled);
        poster.post("u", "a", Bytes::from_static(b"2")).await.unwrap();
        assert_eq!(poster.posted_to("a"), ["2"]);
    }
}
