//! Connections whose records are cached, and an app that takes the sender's or does not.

use crate::{MESSAGE, keys, now};
use lift_ws::connection::{Admission, Connection, Connections};
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;
use std::hint::black_box;

/// The API and the stage of the event.
pub const API: &str = "a1b2c3d4e5";
/// See [`API`].
pub const STAGE: &str = "prod";

/// How many connections there are: fewer than the half of the cache that takes new ones.
const COUNT: usize = 4096;

#[ws_route("take")]
async fn take(me: Connection<'_>) {
    black_box(me.connected_at());
}

#[ws_route("pass")]
async fn pass() {}

/// One route that takes the record, one that does not.
#[derive(Debug)]
#[ws_app(routes = [take, pass])]
pub struct Records;

/// In no order.
#[must_use]
pub fn ids() -> Vec<String> {
    let mut ids: Vec<String> = (0..COUNT).map(|n| format!("L0SM9cOF{n:07}=")).collect();
    keys::shuffle(&mut ids, &mut keys::Random::new(0x1D5));
    ids
}

/// A handle whose cache knows them all.
///
/// # Panics
///
/// When memory cannot take them.
#[must_use]
pub fn connections(ids: &[String]) -> Connections {
    let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    let bound = conns.bind(API, STAGE);
    for id in ids {
        let mut admission = Admission::new(id, 4_000_000_000_000);
        admission.user = Some(format!("user of {id}"));
        now(bound.admitted(admission)).expect("memory takes it");
    }
    conns
}

/// The event of all rows, from this connection to this route.
///
/// # Panics
///
/// When the event is not the one that is expected.
#[must_use]
pub fn message(route_key: &str, id: &str) -> Vec<u8> {
    let event = MESSAGE.trim_end().replace("\"AbCdEdXyZ_wCQr0=\"", &format!("\"{id}\""));
    let event = event.replace("\"routeKey\":\"sendMessage\"", &format!("\"routeKey\":\"{route_key}\""));
    assert!(event.contains(id) && event.contains(route_key), "{event}");
    event.into()
}
