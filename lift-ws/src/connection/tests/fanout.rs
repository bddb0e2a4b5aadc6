//! Posts and pages side by side: how many, and not more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::counting::Call;
use super::{NOON, SCOPE, World};
use crate::connection::{Connections, ManualClock, Settings};
use crate::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;

/// A gateway that holds posts back until it is told to answer.
#[derive(Debug)]
struct Holding {
    under_way: AtomicUsize,
    most: AtomicUsize,
    answered: AtomicUsize,
    answers: Semaphore,
}

impl Holding {
    fn new(answers: usize) -> Arc<Self> {
        Arc::new(Self {
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            answers: Semaphore::new(answers),
        })
    }

    fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }
}

impl Poster for Holding {
    fn post<'a>(&'a self, _: &'a str, _: &'a str, _: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            self.answers.acquire().await.unwrap().forget();
            // Whoever holds a place lets others have a turn.
            tokio::task::yield_now().await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            self.answered.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    }

    fn info<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async { Err(PostError::new(PostErrorKind::Refused)) })
    }

    fn disconnect<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async { Err(PostError::new(PostErrorKind::Refused)) })
    }
}

fn conns(world: &World, gateway: &Arc<Holding>, settings: Settings) -> Connections {
    Connections::builder(Arc::clone(&world.store), Arc::clone(gateway))
        .clock(ManualClock::at(NOON))
        .settings(settings.with_rate(u32::MAX))
        .callback_url("http://gateway.test/prod")
        .build()
        .bind("a1b2c3", "prod")
}

async fn a_group_of(count: usize) -> World {
    let world = World::new();
    world.admit_into("red", (0..count).map(|n| format!("{n}="))).await;
    world.store.take_calls();
    world
}

/// Lets everything that can go on go on.
async fn settle() {
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn lifts_serial_broadcast_would_never_end_where_nobody_answers_before_all_are_asked() {
    let world = a_group_of(100).await;
    let gateway = Holding::new(0);
    let conns = conns(&world, &gateway, Settings::default());
    let broadcast = tokio::spawn(async move { conns.group("red").send("hi").await });
    settle().await;
    assert_eq!(gateway.under_way(), 100, "all are asked before the first one answers");
    gateway.answers.add_permits(100);
    assert_eq!(broadcast.await.unwrap().unwrap().delivered, 100);
}

#[tokio::test]
async fn posts_under_way_are_bounded_for_all_clones_of_a_handle_together() {
    let world = a_group_of(50).await;
    let gateway = Holding::new(usize::MAX >> 4);
    let conns = conns(&world, &gateway, Settings::default().with_concurrency(7));
    let clones: Vec<_> = (0..4)
        .map(|_| {
            let clone = conns.clone();
            tokio::spawn(async move { clone.group("red").send("hi").await.unwrap().delivered })
        })
        .collect();
    for clone in clones {
        assert_eq!(clone.await.unwrap(), 50);
    }
    assert_eq!(gateway.most.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn the_rate_is_one_for_all_clones_and_targets_of_a_handle() {
    let world = World::with(Settings::default().with_rate(1));
    world.admit_into("red", ["a=".to_owned(), "b=".to_owned()]).await;
    let soon = Instant::now() + Duration::from_millis(50);
    let here = world.conns.clone().with_deadline(soon);
    let there = world.conns.at("http://other.test").scope(SCOPE).with_deadline(soon);
    let (one, two) = tokio::join!(here.group("red").send("hi"), there.group("red").send("hi"));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.rate, two.rate), (1, 1));
    assert_eq!(one.delivered + two.delivered, 1, "one token a second, and a deadline before the next");
    assert_eq!(one.unsent + two.unsent, 3);
}

#[tokio::test]
async fn the_next_page_is_read_while_the_last_one_is_being_sent_and_no_further_one() {
    let world = a_group_of(5_000).await;
    let gateway = Holding::new(0);
    let conns = conns(&world, &gateway, Settings::default().with_concurrency(10));
    let broadcast = tokio::spawn(async move { conns.group("red").send("hi").await });
    settle().await;
    assert_eq!(gateway.answered.load(Ordering::SeqCst), 0);
    assert_eq!(world.store.take_calls(), [Call::Members; 2], "two pages, and not five");
    // A page's worth of answers makes room for one page more.
    gateway.answers.add_permits(1_000);
    settle().await;
    assert_eq!(world.store.take_calls(), [Call::Members]);
    gateway.answers.add_permits(4_000);
    assert_eq!(broadcast.await.unwrap().unwrap().delivered, 5_000);
}

#[tokio::test]
async fn ten_thousand_members_are_read_in_one_pass_of_pages() {
    let world = a_group_of(10_000).await;
    let report = conns(&world, &Holding::new(usize::MAX >> 4), Settings::default());
    let report = report.group("red").send("hi").await.unwrap();
    assert_eq!(report.delivered, 10_000);
    let calls = world.store.take_calls();
    assert!(calls.len() <= 11 && calls.iter().all(|call| *call == Call::Members), "{calls:?}");
}

#[tokio::test]
async fn throttling_that_lasts_until_the_deadline_is_reported_as_throttled() {
    let world = World::with(Settings::default().with_tries(u32::MAX));
    world.admit_into("red", ["a=".to_owned(), "b=".to_owned()]).await;
    world.gateway.fail("a=", PostErrorKind::Throttled);
    let late = world.conns.clone().with_deadline(Instant::now() + Duration::from_millis(100));
    let report = late.group("red").send("hi").await.unwrap();
    assert_eq!((report.delivered, report.throttled, report.unsent), (1, 1, 0));
}
