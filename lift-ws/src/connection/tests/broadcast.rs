//! One message to many.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::World;
use super::counting::Call;
use crate::connection::{Record, SendErrorKind, Settings};
use crate::push::PostErrorKind;
use crate::store::StoreErrorKind;

fn ids(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("{n}="))
}

/// How many messages each connection got.
fn posts(world: &World) -> BTreeMap<String, usize> {
    let mut posts = BTreeMap::new();
    for post in world.gateway.posts() {
        *posts.entry(post.connection_id).or_default() += 1;
    }
    posts
}

#[tokio::test]
async fn everyone_in_the_group_is_reached_once_over_many_pages() {
    let world = World::new();
    world.store.shorten_pages(7);
    world.admit_into("red", ids(100)).await;
    world.admit_into("blue", ["other=".to_owned()]).await;
    let report = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!((report.delivered, report.attempted()), (100, 100));
    assert!(report.is_complete());
    let posts = posts(&world);
    assert_eq!(posts.len(), 100);
    assert!(posts.values().all(|count| *count == 1));
    assert!(!posts.contains_key("other="));
}

#[tokio::test]
async fn an_empty_group_is_no_error() {
    let report = World::new().conns.group("red").send("hi").await.unwrap();
    assert_eq!((report.attempted(), report.is_complete()), (0, true));
}

#[tokio::test]
async fn who_is_excepted_gets_nothing() {
    let world = World::new();
    world.admit_into("red", ids(5)).await;
    let report = world.conns.group("red").except("1=").except("3=").send("hi").await.unwrap();
    assert_eq!(report.delivered, 3);
    assert_eq!(posts(&world).into_keys().collect::<Vec<_>>(), ["0=", "2=", "4="]);
}

#[tokio::test]
async fn outcomes_are_told_apart() {
    let world = World::with(Settings::default().with_tries(1));
    world.admit_into("red", ids(7)).await;
    world.after_the_grace();
    world.admit_into("red", ["young=".to_owned()]).await;
    world.gateway.fail("1=", PostErrorKind::Gone);
    world.gateway.fail("2=", PostErrorKind::Throttled);
    world.gateway.fail("3=", PostErrorKind::UnknownOutcome);
    world.gateway.fail("4=", PostErrorKind::Forbidden);
    world.gateway.fail("5=", PostErrorKind::Unreachable);
    world.gateway.fail("young=", PostErrorKind::Gone);
    let report = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!((report.delivered, report.gone, report.connecting), (2, 1, 1));
    assert_eq!((report.throttled, report.unknown, report.failed), (1, 1, 2));
    assert_eq!((report.unsent, report.cursor), (0, None));
}

#[tokio::test]
async fn the_gone_are_removed_and_a_second_message_finds_none() {
    let world = World::new();
    world.admit_into("red", ids(10)).await;
    world.after_the_grace();
    world.gateway.fail("3=", PostErrorKind::Gone);
    world.gateway.fail("8=", PostErrorKind::Gone);
    let first = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!(first.gone, 2);
    assert_eq!(world.stored().len(), 8);
    let mut departed: Vec<&str> = first.departed.iter().map(Record::connection_id).collect();
    departed.sort_unstable();
    assert_eq!(departed, ["3=", "8="], "whoever removes a record gets it");
    assert!(first.departed.iter().all(|record| record.is_in("red")), "as it was");
    let second = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!((second.delivered, second.gone, second.departed.len()), (8, 0, 0));
}

#[tokio::test]
async fn a_membership_without_record_is_removed_when_its_connection_is_gone() {
    let world = World::new();
    world.admit_into("red", ids(1)).await;
    world.store.fail_after(0, Call::RemoveMemberships);
    world.conns.departed("0=").await.unwrap().unwrap();
    assert_eq!(world.names_in("red").await, ["0="], "left behind");
    let world = world.another_environment();
    world.after_the_grace();
    world.gateway.fail("0=", PostErrorKind::Gone);
    let report = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!((report.gone, report.departed.len()), (1, 0), "somebody else got the record");
    assert!(world.names_in("red").await.is_empty());
}

#[tokio::test]
async fn of_two_broadcasts_at_once_one_gets_the_record_of_who_is_gone() {
    let world = World::new();
    let other = world.another_environment();
    world.admit_into("red", ids(20)).await;
    world.after_the_grace();
    ids(20).for_each(|id| world.gateway.fail(id, PostErrorKind::Gone));
    let (one, two) =
        tokio::join!(world.conns.group("red").send("hi"), other.conns.group("red").send("hello"));
    let departed = [one.unwrap().departed, two.unwrap().departed].concat();
    let distinct: BTreeSet<&str> = departed.iter().map(Record::connection_id).collect();
    assert_eq!((departed.len(), distinct.len()), (20, 20));
}

#[tokio::test]
async fn a_member_that_has_its_answer_is_reached_by_the_next_message_of_any_environment() {
    let world = World::new();
    let other = world.another_environment();
    for n in 0..20 {
        let id = format!("{n}=");
        world.admit(&id).await;
        world.conns.join(&id, "red", &n).await.unwrap();
        assert_eq!(other.conns.group("red").send("hi").await.unwrap().delivered, n + 1);
    }
}

#[tokio::test]
async fn when_the_time_is_up_the_report_says_where_to_go_on() {
    let world = World::with(Settings::default().with_rate(1_000));
    world.store.shorten_pages(50);
    world.admit_into("red", ids(400)).await;
    let mut delivered = 0;
    let mut cursor = None;
    let mut rounds = 0;
    loop {
        let conns = world.conns.clone().with_deadline(Instant::now() + Duration::from_millis(50));
        let mut group = conns.group("red");
        if let Some(cursor) = cursor.take() {
            group = group.resume(cursor);
        }
        let report = group.send("hi").await.unwrap();
        assert_eq!(report.attempted(), report.delivered);
        delivered += report.delivered;
        rounds += 1;
        match report.cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert!(rounds > 1, "a rate of 1,000 a second cannot reach 400 in 50 ms");
    assert_eq!(delivered, 400);
    assert_eq!(posts(&world).values().filter(|count| **count == 1).count(), 400);
}

#[tokio::test]
async fn after_the_deadline_nobody_is_posted_to_and_the_cursor_stays_at_the_start() {
    let world = World::new();
    world.admit_into("red", ids(5)).await;
    let late = world.conns.clone().with_deadline(Instant::now());
    let report = late.group("red").send("hi").await.unwrap();
    assert_eq!(report.attempted(), 0);
    assert!(world.gateway.posts().is_empty());
    let rest = world.conns.group("red").resume(report.cursor.unwrap()).send("hi").await.unwrap();
    assert_eq!(rest.delivered, 5);
}

#[tokio::test]
async fn members_that_cannot_be_read_on_are_an_error_with_the_report_so_far() {
    let world = World::new();
    world.store.shorten_pages(4);
    world.admit_into("red", ids(10)).await;
    world.store.fail_after(1, Call::Members);
    let error = world.conns.group("red").send("hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Store);
    let report = error.report().unwrap();
    assert_eq!(report.delivered, 4);
    let again = world.another_environment();
    let rest = again.conns.group("red").resume(report.cursor.clone().unwrap()).send("hi").await.unwrap();
    assert_eq!(rest.delivered, 6);
    assert!(posts(&world).values().all(|count| *count == 1));
}

#[tokio::test]
async fn a_message_that_is_too_large_or_a_bad_group_is_refused_before_anything_is_read_or_sent() {
    let world = World::new();
    let error = world.conns.group("red").send_raw(vec![b'x'; 128 * 1024 + 1]).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::TooLarge);
    let error = world.conns.group("").send("hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Store);
    let source = std::error::Error::source(&error).unwrap();
    let kind = source.downcast_ref::<crate::store::StoreError>().unwrap().kind();
    assert_eq!(kind, StoreErrorKind::InvalidGroup);
    assert!(world.store.take_calls().is_empty());
}

#[tokio::test]
async fn a_throttled_member_is_tried_again_and_everyone_gets_one() {
    let world = World::with(Settings::default().with_concurrency(2));
    world.admit_into("red", ids(20)).await;
    world.gateway.fail_times("0=", PostErrorKind::Throttled, 3);
    let report = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!((report.delivered, report.throttled), (20, 0));
    assert!(posts(&world).values().all(|count| *count == 1));
}

#[tokio::test]
async fn who_is_gone_and_could_not_be_removed_is_found_by_the_next_message() {
    let world = World::new();
    world.admit_into("red", ids(2)).await;
    world.after_the_grace();
    world.gateway.fail("0=", PostErrorKind::Gone);
    world.store.fail_after(0, Call::DeleteGone);
    let first = world.conns.group("red").send("hi").await.unwrap();
    assert_eq!((first.gone, first.departed.len()), (1, 0));
    let second = world.another_environment().conns.group("red").send("hi").await.unwrap();
    assert_eq!((second.gone, second.departed.len()), (1, 1), "the record waits for who can announce it");
}

#[tokio::test]
async fn without_time_for_the_answer_nobody_is_removed() {
    let world = World::new();
    world.admit("0=").await;
    world.after_the_grace();
    world.gateway.fail("0=", PostErrorKind::Gone);
    let late = world.conns.clone().with_deadline(Instant::now() + Duration::from_millis(150));
    late.send("0=", "hi").await.unwrap_err();
    assert!(!world.store.take_calls().contains(&Call::DeleteGone));
    let report = world.conns.ids(["0="]).send("hi").await.unwrap();
    assert_eq!(report.departed.len(), 1);
}
