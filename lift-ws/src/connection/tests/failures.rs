//! What is logged of recipients that could not be posted to.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::World;
use crate::connection::Settings;
use crate::push::PostErrorKind;

/// Keeps the warnings, each as one text.
#[derive(Debug, Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn of_many_failures_of_one_broadcast_the_first_cause_is_logged() {
    let world = World::with(Settings::default().with_tries(1));
    world.admit_into("red", (0..5).map(|n| format!("{n}="))).await;
    (0..5).for_each(|n| world.gateway.fail(format!("{n}="), PostErrorKind::Forbidden));
    let warnings = Warnings::default();
    for _ in 0..2 {
        let report = world.conns.group("red").send("hi").with_subscriber(warnings.clone()).await.unwrap();
        assert_eq!(report.failed, 5);
    }
    let logged = warnings.0.lock().unwrap();
    assert_eq!(logged.len(), 2, "one of each broadcast: {logged:?}");
    assert!(logged.iter().all(|line| line.contains("Forbidden")), "{logged:?}");
}
