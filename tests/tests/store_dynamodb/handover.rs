//! Broadcasts that were handed over, cut into segments of the table's rows.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lift_ws::connection::{Admission, Connections, ManualClock, Settings};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::queue::memory::MemoryQueue;
use lift_ws::store::dynamodb::Shards;
use lift_ws::{Invocation, Service};

use crate::table::Table;
use crate::{NOON, on_both_tables};

on_both_tables![
    each_member_gets_the_message_once_whenever_it_connected,
    each_member_gets_the_message_once_from_all_shards,
];

#[ws_app(queue = true)]
struct News;

async fn each_member_gets_the_message_once_whenever_it_connected(table: Table) {
    is_sent_once(table, Shards::new(1)).await;
}

async fn each_member_gets_the_message_once_from_all_shards(table: Table) {
    is_sent_once(table, Shards::new(2)).await;
}

/// To members that connected in the last two hours, in four segments.
async fn is_sent_once(table: Table, shards: Shards) {
    let (poster, queue) = (Arc::new(RecordingPoster::new()), Arc::new(MemoryQueue::new()));
    let conns = Connections::builder(table.store().with_group_shards(shards), Arc::clone(&poster))
        .queue(Arc::clone(&queue))
        .clock(ManualClock::at(NOON))
        .settings(Settings::default().with_broadcast_segments(4))
        .callback_url("http://gateway.test/prod")
        .build();
    let bound = conns.bind("a1", "prod");
    let ids: Vec<String> = (0..24).map(|n| format!("id-{n:02}=")).collect();
    for (id, quarter) in ids.iter().zip((0..).map(|n| n / 3)) {
        bound.admitted(Admission::new(id, NOON - 7_000_000 + quarter * 900_000)).await.unwrap();
        bound.join(id, "news", &()).await.unwrap();
    }
    let broadcast = bound.group("news").send_later("hello").await.unwrap();
    let service = Service::<News>::new(()).with_connections(conns);
    loop {
        let batch = queue.receive(10);
        if batch.is_empty() {
            break;
        }
        let due = SystemTime::now() + Duration::from_secs(60);
        let due = due.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let invocation = Invocation { deadline_ms: due.try_into().unwrap(), ..Invocation::default() };
        let mut answer = Vec::new();
        service.respond(&MemoryQueue::event(&batch), invocation, &mut answer).await.unwrap();
        queue.settle(batch, &serde_json::from_slice(&answer).unwrap());
    }
    let mut reached: Vec<String> = poster.posts().into_iter().map(|post| post.connection_id).collect();
    reached.sort_unstable();
    assert_eq!(reached, ids);
    let status = bound.broadcast(&broadcast).await.unwrap().unwrap();
    assert!(status.is_complete());
    assert_eq!(status.counts.attempted(), 24, "{status:?}");
}
