//! Closing by force: the table, the gateway, and the caches of other environments.

use std::time::{Duration, Instant};

use super::counting::Call;
use super::{Admission, SCOPE, World};
use crate::connection::{Audience, Connections, SendErrorKind};
use crate::push::PostErrorKind;
use crate::store::StoreErrorKind;

/// Connections of ann, who is in the group `red` with each.
async fn ann_with(world: &World, ids: &[&str]) {
    for id in ids {
        let mut admission = Admission::new(*id, world.now());
        admission.user = Some("ann".to_owned());
        admission.groups = vec![("red".to_owned(), None)];
        world.conns.admitted(admission).await.unwrap();
    }
    world.after_the_grace();
}

/// Ann's connections, by the way that reads them with this call.
fn audience_of(conns: &Connections, reading: Call) -> Audience<'_> {
    match reading {
        Call::Members => conns.group("red").into(),
        _ => conns.user("ann"),
    }
}

async fn knows(world: &World, id: &str) -> bool {
    world.conns.record(id).await.unwrap().is_some()
}

#[tokio::test]
async fn all_connections_of_a_user_are_closed_and_nothing_of_them_stays_but_for_those_excepted() {
    let world = World::new();
    world.store.shorten_pages(2);
    ann_with(&world, &["a=", "b=", "c=", "d=", "e="]).await;
    world.admit("bob=").await;
    let report = world.conns.user("ann").except("c=").disconnect().await.unwrap();
    assert!(report.is_complete());
    assert_eq!(report.closed, 4);
    let mut departed: Vec<&str> = report.departed.iter().map(|record| record.connection_id()).collect();
    departed.sort_unstable();
    assert_eq!(departed, ["a=", "b=", "d=", "e="]);
    assert!(report.departed.iter().all(|record| record.is_in("red")), "who was in which group is known");
    let mut closed = world.gateway.disconnected();
    closed.sort_unstable();
    assert_eq!(closed, departed);
    let stored = world.stored();
    let left: Vec<&str> = stored.iter().map(|record| record.connection_id()).collect();
    assert_eq!(left, ["bob=", "c="]);
    assert_eq!(world.names_in("red").await, ["c="]);
}

#[tokio::test]
async fn another_environment_forgets_whom_it_has_in_its_cache_as_soon_as_it_looks() {
    let world = World::new();
    ann_with(&world, &["a=", "b="]).await;
    let other = world.another_environment();
    assert!(knows(&other, "a=").await && knows(&other, "b=").await);
    other.conns.heed_logouts(Duration::ZERO).await.unwrap();
    world.conns.ids(["a="]).disconnect().await.unwrap();
    assert!(!knows(&world, "a=").await, "here it is gone at once");
    assert!(knows(&other, "a=").await, "the cache does not know yet");
    other.conns.heed_logouts(Duration::from_secs(3600)).await.unwrap();
    assert!(knows(&other, "a=").await, "it looked less than an hour ago");
    other.conns.heed_logouts(Duration::ZERO).await.unwrap();
    assert!(!knows(&other, "a=").await);
    other.store.take_calls();
    assert!(knows(&other, "b=").await);
    assert!(other.store.take_calls().is_empty(), "whoever was not closed stays in the cache");
}

#[tokio::test]
async fn an_environment_that_looks_for_the_first_time_sees_whatever_its_cache_may_hold() {
    let world = World::new();
    ann_with(&world, &["a="]).await;
    let other = world.another_environment();
    assert!(knows(&other, "a=").await);
    world.conns.user("ann").disconnect().await.unwrap();
    world.clock.advance(Duration::from_secs(59));
    other.conns.heed_logouts(Duration::from_secs(1)).await.unwrap();
    assert!(!knows(&other, "a=").await);
}

#[tokio::test]
async fn what_is_noted_for_others_is_no_connection_of_the_api() {
    let world = World::new();
    ann_with(&world, &["a="]).await;
    world.conns.user("ann").disconnect().await.unwrap();
    assert_eq!(world.conns.count().await.unwrap(), 0);
    assert_eq!(world.conns.find_all().await.unwrap(), []);
    let notes = world.store.rows().records(&format!("{SCOPE}!closed"));
    assert_eq!(notes.len(), 1);
    world.store.rows().sweep(world.now() + 200_000);
    assert!(world.store.rows().records(&format!("{SCOPE}!closed")).is_empty(), "and it expires soon");
}

#[tokio::test]
async fn closing_is_tried_again_and_who_stays_open_is_named() {
    let world = World::new();
    ann_with(&world, &["a=", "b=", "c=", "d="]).await;
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 2);
    world.gateway.fail("b=", PostErrorKind::Gone);
    world.gateway.fail("c=", PostErrorKind::Throttled);
    world.gateway.fail("d=", PostErrorKind::Forbidden);
    let mut report = world.conns.user("ann").disconnect().await.unwrap();
    report.failed.sort_unstable();
    assert_eq!((report.closed, report.departed.len()), (2, 4), "{report:?}");
    assert_eq!(report.failed, ["c=", "d="]);
    assert!(world.stored().is_empty(), "without a record nobody is taken for ann");
    world.gateway.fail_times("c=", PostErrorKind::Throttled, 0);
    world.gateway.fail_times("d=", PostErrorKind::Throttled, 0);
    assert!(world.conns.ids(report.failed).disconnect().await.unwrap().is_complete());
}

#[tokio::test]
async fn one_in_its_handshake_is_closed_once_it_is_open() {
    let world = World::new();
    ann_with(&world, &[]).await;
    let mut admission = Admission::new("young=", world.now());
    admission.user = Some("ann".to_owned());
    world.conns.admitted(admission).await.unwrap();
    world.gateway.fail_times("young=", PostErrorKind::Gone, 3);
    let report = world.conns.user("ann").disconnect().await.unwrap();
    assert!(report.is_complete());
    assert_eq!(world.gateway.disconnected(), ["young="]);
}

#[tokio::test]
async fn what_the_table_refuses_is_closed_all_the_same_and_named() {
    for call in [Call::Delete, Call::Put, Call::Join] {
        let world = World::new();
        ann_with(&world, &["a="]).await;
        world.store.fail_after(0, call);
        let report = world.conns.user("ann").disconnect().await.unwrap();
        assert_eq!(report.failed, ["a="], "{call:?}");
        assert_eq!(world.gateway.disconnected(), ["a="], "{call:?}");
    }
    let world = World::new();
    world.store.fail_after(0, Call::Members);
    let error = world.conns.heed_logouts(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "who cannot look must not go on");
}

#[tokio::test]
async fn when_the_time_is_up_the_report_says_where_to_go_on() {
    let world = World::new();
    world.store.shorten_pages(1);
    ann_with(&world, &["a=", "b="]).await;
    let late = world.conns.clone().with_deadline(Instant::now());
    let report = late.user("ann").disconnect().await.unwrap();
    assert!(report.cursor.is_some() && !report.is_complete(), "{report:?}");
    let report = world.conns.user("ann").disconnect().await.unwrap();
    assert_eq!((report.closed, report.is_complete()), (2, true));
}

#[tokio::test]
async fn whom_nobody_else_will_announce_is_reported_though_a_later_page_cannot_be_read() {
    for reading in [Call::Connections, Call::Members] {
        let world = World::new();
        world.store.shorten_pages(2);
        ann_with(&world, &["a=", "b=", "c=", "d="]).await;
        world.store.fail_after(1, reading);
        let mut report = audience_of(&world.conns, reading).disconnect().await.unwrap();
        let cursor = report.cursor.take().expect("not everyone had a turn");
        assert_eq!((report.closed, report.departed.len()), (2, 2), "{report:?}");
        let other = world.another_environment();
        let rest = audience_of(&other.conns, reading).resume(cursor).disconnect().await.unwrap();
        assert_eq!((rest.closed, rest.is_complete()), (2, true), "{rest:?}");
        report.departed.extend(rest.departed);
        let mut departed: Vec<&str> = report.departed.iter().map(|record| record.connection_id()).collect();
        departed.sort_unstable();
        assert_eq!(departed, ["a=", "b=", "c=", "d="], "each once");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_at_all_is_an_error() {
    let world = World::new();
    ann_with(&world, &["a="]).await;
    world.store.fail_after(0, Call::Connections);
    let error = world.conns.user("ann").disconnect().await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Store);
    assert_eq!(world.stored().len(), 1);
}

#[tokio::test]
async fn a_login_that_is_over_in_the_cache_is_read_anew() {
    let world = World::new();
    world.admit("a=").await;
    let until = world.now() / 1_000 + 60;
    world.conns.identify("a=").grant(crate::connection::Grant::new(["admin"]).until(until)).await.unwrap();
    let other = world.another_environment();
    assert!(knows(&other, "a=").await);
    let renewed = crate::connection::Grant::new(["admin"]).until(until + 600);
    world.conns.identify("a=").grant(renewed.clone()).await.unwrap();
    world.clock.advance(Duration::from_secs(61));
    let record = other.conns.record("a=").await.unwrap().unwrap();
    assert_eq!(record.grant(), &renewed);
}
