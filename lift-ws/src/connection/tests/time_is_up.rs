//! Posts under way when the time is up.

use std::time::Duration;

use super::World;
use super::scripted::{Scripted, in_virtual_time, within};
use crate::connection::{Connections, Settings};

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
