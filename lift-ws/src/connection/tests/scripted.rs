//! A gateway that answers as a script says, in virtual time.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;
use crate::testing::simulation::{self, Simulation};

/// What the post of this number fails with.
type Script = Box<dyn Fn(usize) -> Option<PostErrorKind> + Send + Sync>;

/// A gateway that takes what its script lets through, and answers after a time.
pub(super) struct Scripted {
    latency: Duration,
    script: Script,
    posts: AtomicUsize,
    taken: Mutex<Vec<String>>,
}

impl Scripted {
    pub(super) fn new(
        latency: Duration,
        script: impl Fn(usize) -> Option<PostErrorKind> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (posts, taken) = (AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { latency, script: Box::new(script), posts, taken })
    }

    /// Who got a message, in alphabetical order, as often as it came.
    pub(super) fn taken(&self) -> Vec<String> {
        let mut taken = self.taken.lock().unwrap().clone();
        taken.sort_unstable();
        taken
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").field("latency", &self.latency).finish_non_exhaustive()
    }
}

impl Poster for Scripted {
    fn post<'a>(&'a self, _: &'a str, id: &'a str, _: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let failure = (self.script)(self.posts.fetch_add(1, Ordering::SeqCst));
            if failure.is_none() {
                self.taken.lock().unwrap().push(id.to_owned());
            }
            simulation::sleep(self.latency).await;
            failure.map_or(Ok(()), |kind| Err(PostError::new(kind)))
        })
    }

    fn info<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async { Err(PostError::new(PostErrorKind::Refused)) })
    }

    fn disconnect<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async { Err(PostError::new(PostErrorKind::Refused)) })
    }
}

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs a test in virtual time: it passes when nothing else goes on.
pub(super) fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    let simulation = Simulation::start(7, Duration::from_secs(1_767_268_800));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let mut test = pin!(test);
    loop {
        if let Poll::Ready(outcome) = test.as_mut().poll(&mut cx) {
            return outcome;
        }
        while !woken.0.swap(false, Ordering::SeqCst) {
            assert!(simulation.advance_to_next_timer(), "it waits for what never comes");
        }
    }
}

/// So much virtual time from now.
pub(super) fn within(time: Duration) -> Instant {
    simulation::now().expect("the test runs in virtual time") + time
}
