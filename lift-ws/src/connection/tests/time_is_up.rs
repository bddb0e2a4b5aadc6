//! Posts under way when the time is up.

use std::time::Duration;

use super::World;
use super::counting::Call;
use super::scripted::{Scripted, in_virtual_time, within};
use crate::connection::{Audience, Connections, Settings};

#[test]
fn who_had_a_turn_has_its_answer_when_the_time_is_up() {
    in_virtual_time(async {
        let (world, gateway) = (World::new(), Scripted::new(Duration::from_millis(30), |_| None));
        let mut ids: Vec<String> = (0..2_000).map(|n| format!("{n}=")).collect();
        world.admit_into("red", ids.clone()).await;
        let conns = Connections::builder(world.store.rows(), gateway.clone())
            .clock(world.clock.clone())
            .settings(Settings::default().with_rate(u32::MAX).with_concurrency(10))
            .callback_url("http://gateway.test/prod")
            .build()
            .bind("a1b2c3", "prod");
        let short = conns.clone().with_deadline(within(Duration::from_secs(1)));
        let first = short.group("red").send("hi").await.unwrap();
        assert_eq!((first.delivered, first.attempted()), (250, 250), "25 rounds of ten in 750 ms");
        let rest = conns.group("red").resume(first.cursor.unwrap()).send("hi").await.unwrap();
        assert_eq!(rest.delivered, 1_750);
        ids.sort_unstable();
        assert_eq!(gateway.taken(), ids, "each of them once");
    });
}

#[test]
fn who_was_closed_is_reported_when_the_time_is_up_while_the_next_page_is_read() {
    in_virtual_time(async {
        let world = World::new();
        world.store.shorten_pages(2);
        world.admit_into("red", (0..4).map(|n| format!("{n}="))).await;
        world.after_the_grace();
        world.store.never_answer_after(1, Call::Members);
        let short = world.conns.clone().with_deadline(within(Duration::from_secs(1)));
        let report = Audience::from(short.group("red")).disconnect().await.unwrap();
        assert_eq!((report.closed, report.departed.len()), (2, 2), "{report:?}");
        assert!(report.cursor.is_some(), "{report:?}");
        assert_eq!(world.stored().len(), 2);
    });
}

#[test]
fn no_removal_by_force_begins_without_the_time_to_hear_whom_it_removed() {
    in_virtual_time(async {
        let world = World::new();
        world.admit("a=").await;
        world.after_the_grace();
        world.store.take_calls();
        let late = world.conns.clone().with_deadline(within(Duration::from_millis(100)));
        let report = late.ids(["a="]).disconnect().await.unwrap();
        assert!(report.cursor.is_some() && report.departed.is_empty(), "{report:?}");
        assert!(!world.store.take_calls().contains(&Call::Delete), "cut off, it would lose the record");
        assert_eq!(world.stored().len(), 1);
    });
}
