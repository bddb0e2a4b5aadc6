//! What a message's way to its connections allocates: nothing, once they are known.

use futures_util::FutureExt;
use lift_ws::connection::Admission;
use lift_ws::prelude::*;
use lift_ws::push::recording::RecordingPoster;
use lift_ws::store::memory::MemoryStore;
use lift_ws::testing::TestEvent;
use lift_ws::{Invocation, Service};

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

#[ws_route("whoami")]
async fn whoami(me: Connection<'_>, who: Identity<'_>) {
    assert_eq!((me.user(), who.user(), who.tenant()), (Some("ann"), Some("ann"), Some("acme")));
}

#[ws_app(routes = [whoami])]
struct App;

#[test]
fn a_message_that_knows_its_sender_allocates_nothing() {
    let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    let mut admission = Admission::new("AbC=", 4_000_000_000_000);
    (admission.user, admission.tenant) = (Some("ann".to_owned()), Some("acme".to_owned()));
    let bound = conns.bind("test", "test");
    bound.admitted(admission).now_or_never().expect("memory is ready").unwrap();
    let service = Service::<App>::new(()).with_connections(conns);
    let plain = TestEvent::message("whoami", "{}").connection_id("AbC=");
    let authorized = plain.clone().authorizer(serde_json::json!({ "principalId": "ann", "tenant": "acme" }));
    for event in [plain.to_bytes(), authorized.to_bytes()] {
        let mut answer = Vec::with_capacity(1_000);
        let mut respond = || {
            let answered = service.respond(&event, Invocation::default(), &mut answer);
            answered.now_or_never().expect("nothing is waited for").unwrap();
        };
        respond();
        assert_eq!(allocation_counter::measure(respond).count_total, 0);
        assert_eq!(answer, br#"{"statusCode":200}"#);
    }
}
