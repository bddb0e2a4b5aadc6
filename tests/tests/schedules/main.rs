//! Random schedules.

mod app;
mod ending;
mod environments;
mod executor;
mod gateway;
mod lots;
mod promises;
mod schedule;
mod store;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

fn seed_of(n: u64) -> u64 {
    lots::Lots::new(n ^ 0x5eed).draw()
}

#[test]
fn no_promise_is_broken() {
    let many: u64 = std::env::var("LIFT_WS_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let only: Option<u64> = std::env::var("LIFT_WS_SEED").ok().and_then(|n| n.parse().ok());
    let started = std::time::Instant::now();
    if let Some(seed) = only {
        let outcome = schedule::run(seed, true);
        for line in &outcome.trace {
            println!("{line}");
        }
        assert!(outcome.broken.is_none(), "{}", outcome.broken.unwrap());
        return;
    }
    let mut broken = std::collections::BTreeMap::<String, (u64, u64, String)>::new();
    for n in 0..many {
        let seed = seed_of(n);
        let outcome = catch_unwind(AssertUnwindSafe(|| schedule::run(seed, false)));
        match outcome {
            Ok(outcome) => {
                if let Some(b) = outcome.broken {
                    let e = broken.entry(format!("{:?}", b.promise)).or_insert((0, seed, b.to_string()));
                    e.0 += 1;
                }
            }
            Err(_) => panic!("seed {seed} panicked"),
        }
    }
    println!("{many} schedules in {:?}", started.elapsed());
    println!("{broken:#?}");
    assert!(broken.is_empty());
}
