//! One message to a user, a tenant, everybody, or the ids of a stream.

use std::error::Error;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};

use super::{Admission, World};
use crate::connection::{Audience, BroadcastReport, Record, SendErrorKind, Settings};
use crate::push::PostErrorKind;
use crate::store::{Cursor, MAX_NAME_BYTES, StoreError, StoreErrorKind};

/// Ten connections of ann, every second one in the tenant acme, and five of nobody.
async fn a_company(world: &World) {
    for n in 0..10_u64 {
        let mut admission = Admission::new(format!("ann{n}="), world.now() + n);
        admission.user = Some("ann".to_owned());
        admission.tenant = (n % 2 == 0).then(|| "acme".to_owned());
        world.conns.admitted(admission).await.unwrap();
    }
    for n in 0..5_u64 {
        world.conns.admitted(Admission::new(format!("guest{n}="), world.now() + n)).await.unwrap();
    }
}

fn reached(world: &World) -> Vec<String> {
    let mut ids: Vec<String> =
        world.gateway.take_posts().into_iter().map(|post| post.connection_id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn each_of_a_user_a_tenant_and_all_is_reached_once_over_many_pages() {
    let world = World::new();
    world.store.shorten_pages(3);
    a_company(&world).await;
    let conns = &world.conns;
    for (audience, expected) in
        [(conns.user("ann"), 10), (conns.tenant("acme"), 5), (conns.all(), 15), (conns.user("bob"), 0)]
    {
        let report = audience.send("hi").await.unwrap();
        assert_eq!((report.delivered, report.attempted()), (expected, expected));
        assert!(report.is_complete());
        let ids = reached(&world);
        let mut distinct = ids.clone();
        distinct.dedup();
        assert_eq!((ids.len(), &distinct), (expected, &ids));
    }
}

#[tokio::test]
async fn an_empty_name_is_an_error_and_never_everybody_without_one() {
    let world = World::new();
    a_company(&world).await;
    for audience in [world.conns.tenant(""), world.conns.user("")] {
        let error = audience.send("for acme only").await.unwrap_err();
        let source = error.source().and_then(|source| source.downcast_ref::<StoreError>()).unwrap();
        assert_eq!((error.kind(), source.kind()), (SendErrorKind::Store, StoreErrorKind::EmptyName));
    }
    assert!(world.gateway.posts().is_empty());
    for found in [world.conns.find_tenant(""), world.conns.find_user("")] {
        assert_eq!(found.clone().count().await.unwrap_err().kind(), StoreErrorKind::EmptyName);
        assert_eq!(found.await.unwrap_err().kind(), StoreErrorKind::EmptyName);
    }
}

#[tokio::test]
async fn a_name_that_nobody_can_have_is_an_error_before_anything_is_read() {
    let world = World::new();
    let longest = "x".repeat(MAX_NAME_BYTES);
    let long = format!("{longest}x");
    for audience in [world.conns.tenant(&*long), world.conns.user(&*long)] {
        let error = audience.send("hi").await.unwrap_err();
        let source = error.source().and_then(|source| source.downcast_ref::<StoreError>()).unwrap();
        assert_eq!((error.kind(), source.kind()), (SendErrorKind::Store, StoreErrorKind::NameTooLong));
    }
    assert_eq!(world.conns.find_user(long).count().await.unwrap_err().kind(), StoreErrorKind::NameTooLong);
    assert!(world.store.take_calls().is_empty());
    assert_eq!(world.conns.find_user(longest).count().await.unwrap(), 0);
}

#[tokio::test]
async fn who_is_excepted_gets_nothing() {
    let world = World::new();
    a_company(&world).await;
    let report = world.conns.user("ann").except("ann3=").except("ann4=").send("hi").await.unwrap();
    assert_eq!(report.delivered, 8);
    assert!(!reached(&world).iter().any(|id| id == "ann3=" || id == "ann4="));
}

#[tokio::test]
async fn the_ids_of_a_stream_are_reached_without_reading_anything() {
    let world = World::new();
    let ids = stream::iter((0..2_500).map(|n| format!("{n}=")));
    let report = world.conns.stream(ids).except("7=").send("hi").await.unwrap();
    assert_eq!(report.delivered, 2_499);
    assert_eq!(world.conns.ids(["a=", "b="]).send_raw("hi").await.unwrap().delivered, 2);
    assert!(world.store.take_calls().is_empty());
}

/// Sends with 20 ms for each round until everyone had a turn, and says how many rounds it took.
async fn in_rounds<'a>(
    audience: impl Fn(&'a crate::connection::Connections) -> Audience<'a>,
    late: impl Fn() -> &'a crate::connection::Connections,
) -> (usize, usize) {
    let (mut delivered, mut rounds, mut cursor) = (0, 0, None::<Cursor>);
    loop {
        let mut sending = audience(late());
        if let Some(cursor) = cursor.take() {
            sending = sending.resume(cursor);
        }
        let report: BroadcastReport = sending.send("hi").await.unwrap();
        assert_eq!(report.attempted(), report.delivered);
        (delivered, rounds) = (delivered + report.delivered, rounds + 1);
        match report.cursor {
            // As it would come out of a queue.
            Some(next) => cursor = Some(next.to_string().parse().unwrap()),
            None => return (delivered, rounds),
        }
    }
}

#[tokio::test]
async fn what_was_interrupted_goes_on_at_its_cursor_and_nobody_gets_two() {
    let world = World::with(Settings::default().with_rate(500));
    world.store.shorten_pages(4);
    for n in 0..60_u64 {
        let mut admission = Admission::new(format!("{n}="), world.now() + n);
        (admission.user, admission.tenant) = (Some("ann".to_owned()), Some("acme".to_owned()));
        world.conns.admitted(admission).await.unwrap();
    }
    let late = || {
        let deadline = Instant::now() + Duration::from_millis(20);
        &*Box::leak(Box::new(world.conns.clone().with_deadline(deadline)))
    };
    let ids: Vec<String> = (0..60).map(|n| format!("{n}=")).collect();
    let ids = &*ids.leak();
    for (delivered, rounds) in [
        in_rounds(|conns| conns.user("ann"), late).await,
        in_rounds(|conns| conns.tenant("acme"), late).await,
        in_rounds(|conns| conns.all(), late).await,
        in_rounds(|conns| conns.ids(ids.iter()), late).await,
    ] {
        assert_eq!(delivered, 60);
        assert!(rounds > 1, "500 a second do not reach 60 in 20 ms");
    }
    let reached = reached(&world);
    assert_eq!(reached.len(), 4 * 60);
    assert!(reached.chunks(4).all(|same| same.iter().all(|id| *id == same[0])), "each once in each list");
}

#[tokio::test]
async fn a_stream_that_never_ends_is_left_at_the_deadline() {
    let world = World::new();
    let late = world.conns.clone().with_deadline(Instant::now() + Duration::from_millis(30));
    let endless = stream::iter(["a=", "b="]).chain(stream::pending());
    let report = late.stream(endless).send("hi").await.unwrap();
    assert_eq!((report.delivered, report.unsent), (2, 0));
    let rest = world.conns.ids(["a=", "b=", "c="]).resume(report.cursor.unwrap()).send("hi").await.unwrap();
    assert_eq!(rest.delivered, 1);
}

#[tokio::test]
async fn of_those_who_are_gone_the_old_are_removed_and_the_young_are_not() {
    let world = World::new();
    a_company(&world).await;
    world.after_the_grace();
    world.admit("young=").await;
    for id in ["ann0=", "ann2=", "young="] {
        world.gateway.fail(id, PostErrorKind::Gone);
    }
    let report = world.conns.ids(["ann0=", "young=", "never="]).send("hi").await.unwrap();
    assert_eq!((report.gone, report.connecting, report.delivered), (1, 1, 1));
    let departed: Vec<&str> = report.departed.iter().map(Record::connection_id).collect();
    assert_eq!(departed, ["ann0="]);
    let report = world.conns.all().send("hi").await.unwrap();
    assert_eq!((report.gone, report.connecting, report.delivered), (1, 1, 13));
    assert!(world.stored().iter().all(|record| !["ann0=", "ann2="].contains(&record.connection_id())));
    assert!(world.stored().iter().any(|record| record.connection_id() == "young="));
}

#[tokio::test]
async fn the_cursor_of_another_list_is_refused_and_nothing_is_sent() {
    let world = World::new();
    world.store.shorten_pages(3);
    a_company(&world).await;
    let strange = Cursor::after(7, 1, "x").within("nonsense");
    let Err(error) = world.conns.user("ann").resume(strange).send("hi").await else {
        panic!("resumed at a place that the list does not have")
    };
    assert_eq!(error.kind(), SendErrorKind::Store);
    assert!(reached(&world).is_empty());
}
