//! Ids that a client made up, and no gateway gives.

use super::World;
use crate::connection::SendErrorKind;
use crate::store::StoreErrorKind;

fn impossible() -> [String; 4] {
    ["x".repeat(100_000), String::new(), "a b".to_owned(), "a\u{0}é".to_owned()]
}

#[tokio::test]
async fn they_are_unknown_to_whatever_asks_for_a_record_and_the_store_is_not_asked() {
    let world = World::new();
    for id in impossible() {
        let errors = [
            world.conns.join(&id, "red", &7).await.unwrap_err(),
            world.conns.identify(id.as_str()).user("ann").await.unwrap_err(),
            world.conns.groups_of(&id).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), StoreErrorKind::UnknownConnection);
            assert_eq!(error.public().code, "unknown_connection");
            assert!(error.to_string().len() < 1_000, "{error}");
        }
        assert!(!world.conns.leave(&id, "red").await.unwrap());
        assert!(world.conns.record(&id).await.unwrap().is_none());
        assert!(world.conns.departed(&id).await.unwrap().is_none());
    }
    assert!(world.store.take_calls().is_empty());
}

#[tokio::test]
async fn they_are_gone_for_whoever_sends_and_the_gateway_is_not_asked() {
    let world = World::new();
    for id in impossible() {
        let conns = &world.conns;
        let errors = [
            conns.send(&id, "hi").await.unwrap_err(),
            conns.to(&id).at_least_once().send(&serde_json::json!({})).await.unwrap_err(),
            conns.disconnect(&id).await.unwrap_err(),
            conns.info(&id).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.connection_id()), (SendErrorKind::Gone, Some(id.as_str())));
            assert!(error.to_string().len() < 1_000, "{error}");
        }
    }
    let report = world.conns.ids(impossible()).send("hi").await.unwrap();
    assert_eq!((report.gone, report.attempted()), (4, 4));
    assert!(world.gateway.posts().is_empty() && world.store.take_calls().is_empty());
}
