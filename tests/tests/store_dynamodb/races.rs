//! What holds when joining, leaving, closing and reading overlap.

use lift_ws::connection::Record;
use lift_ws::store::dynamodb::{DynamoStore, Shards};
use lift_ws::store::{ConnectionStore, GoneOutcome, Membership};
use tokio::join;

use crate::table::Table;
use crate::{EXPIRY, NOON, ids_in, on_both_tables};

on_both_tables![
    joins_and_leaves_that_overlap_leave_no_ghost,
    joins_that_overlap_the_end_leave_nobody_the_deleter_does_not_know,
    of_a_disconnect_and_a_cleanup_one_gets_the_record,
    who_has_the_answer_to_a_join_is_read_while_others_come_and_go,
];

async fn connected(store: &DynamoStore, id: &str) -> Membership {
    store.put("s", &Record::new(id, NOON, EXPIRY)).await.unwrap();
    Membership::new(id, NOON, EXPIRY)
}

/// A connection that leaves and joins a room without waiting: the record and the room agree in the end.
async fn joins_and_leaves_that_overlap_leave_no_ghost(table: Table) {
    let store = table.store();
    for n in 0..20 {
        let id = format!("id-{n}");
        let membership = connected(&store, &id).await;
        store.join("s", "red", &membership).await.unwrap();
        let leave = || store.leave("s", "red", &id, NOON);
        let join = || store.join("s", "red", &membership);
        let (first, joined, second, again) = join!(leave(), join(), leave(), join());
        let left = usize::from(first.unwrap().is_some()) + usize::from(second.unwrap().is_some());
        joined.and(again).unwrap();
        assert!((1..=3).contains(&left));
        let record = store.get("s", &id).await.unwrap().expect("it is connected");
        let is_member = ids_in(&store, "red").await.contains(&id);
        assert_eq!(record.is_in("red"), is_member, "after {left} leaves");
        store.delete("s", &id, NOON + 1).await.unwrap();
        store.remove_memberships("s", &id, NOON, &["red"]).await.unwrap();
    }
}

/// Joins and the end of the connection at once: each join either is in the record that the deletion returned, whose
/// memberships are then removed, or was refused. No membership stays.
async fn joins_that_overlap_the_end_leave_nobody_the_deleter_does_not_know(table: Table) {
    let store = table.store().with_group_shards(Shards::new(3));
    for n in 0..15 {
        let id = format!("id-{n}");
        let membership = connected(&store, &id).await;
        let join = |group| store.join("s", group, &membership);
        let (red, deleted, blue, green) =
            join!(join("red"), store.delete("s", &id, NOON + 900_000), join("blue"), join("green"));
        let record = deleted.unwrap().expect("it was there");
        for (group, joined) in [("red", red), ("blue", blue), ("green", green)] {
            assert_eq!(joined.is_ok(), record.is_in(group), "{group}: {joined:?}");
        }
        let groups: Vec<&str> = record.groups().collect();
        store.remove_memberships("s", &id, NOON, &groups).await.unwrap();
        for group in ["red", "blue", "green"] {
            assert!(ids_in(&store, group).await.is_empty(), "{group} has a ghost");
        }
    }
}

async fn of_a_disconnect_and_a_cleanup_one_gets_the_record(table: Table) {
    let store = table.store();
    for n in 0..15 {
        let id = format!("id-{n}");
        connected(&store, &id).await;
        let (closed, gone, again) = join!(
            store.delete("s", &id, NOON + 900_000),
            store.delete_gone("s", &id, NOON + 1),
            store.delete("s", &id, NOON + 900_000),
        );
        let by_cleanup = matches!(gone.unwrap(), GoneOutcome::Removed(_));
        let winners = [closed.unwrap().is_some(), by_cleanup, again.unwrap().is_some()];
        assert_eq!(winners.into_iter().filter(|won| *won).count(), 1, "{winners:?}");
        let late = store.put("s", &Record::new(&id, NOON, EXPIRY)).await;
        assert!(late.is_err(), "one of the two deletions found nothing and left a tombstone");
    }
}

/// What a broadcast stands on: a member whose join was answered before the pages are read is on one of them.
async fn who_has_the_answer_to_a_join_is_read_while_others_come_and_go(table: Table) {
    let store = table.store().with_group_shards(Shards::new(2));
    for n in 0..8 {
        let membership = connected(&store, &format!("stays-{n}")).await;
        store.join("s", "red", &membership).await.unwrap();
    }
    let coming_and_going = async {
        for n in 0..10 {
            let id = format!("passes-{n}");
            let membership = connected(&store, &id).await;
            store.join("s", "red", &membership).await.unwrap();
            store.delete("s", &id, NOON + 900_000).await.unwrap();
            store.remove_memberships("s", &id, NOON, &["red"]).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..10 {
            let mut ids = ids_in(&store, "red").await;
            let read = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), read, "nobody is read twice");
            assert_eq!(ids.iter().filter(|id| id.starts_with("stays-")).count(), 8, "{ids:?}");
        }
    };
    join!(coming_and_going, reading);
}
