//! What a message's way to its connections allocates: nothing, once they are known.

use futures_util::FutureExt;
use lift_ws::connection::{Admission, Connections};
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;

#[test]
fn binding_an_event_and_finding_a_cached_record_allocates_nothing() {
    let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    let bound = conns.bind("a1b2c3", "prod");
    bound
        .admitted(Admission::new("AbC=", 4_000_000_000_000))
        .now_or_never()
        .expect("memory is ready")
        .unwrap();
    let counts = allocation_counter::measure(|| {
        let bound = conns.bind("a1b2c3", "prod");
        let record = bound.record("AbC=").now_or_never().expect("a cached record is ready");
        assert_eq!(record.expect("the store works").expect("it is cached").connection_id(), "AbC=");
    });
    assert_eq!(counts.count_total, 0);
}
