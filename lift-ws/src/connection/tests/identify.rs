//! Who an open connection is, changed.

use super::World;
use super::counting::Call;
use crate::store::StoreErrorKind;

#[tokio::test]
async fn who_a_connection_is_changes_in_the_table_and_in_this_environments_cache_at_once() {
    let world = World::new();
    world.admit("AbC=").await;
    world.conns.join("AbC=", "red", "Ann").await.unwrap();
    world.store.take_calls();
    let record = world.conns.identify("AbC=").user("ann").attributes(&["gold"]).await.unwrap();
    assert_eq!((record.user(), record.revision()), (Some("ann"), 1));
    assert_eq!(record.attributes::<Vec<&str>>().unwrap().unwrap(), ["gold"]);
    let cached = world.conns.record("AbC=").await.unwrap().unwrap();
    assert_eq!((cached.user(), cached.is_in("red")), (Some("ann"), true));
    assert_eq!(world.store.take_calls(), [Call::Change]);
    assert_eq!(world.conns.find_user("ann").count().await.unwrap(), 1);
}

#[tokio::test]
async fn another_environment_sees_the_change_past_its_cache() {
    let world = World::new();
    world.admit("AbC=").await;
    let other = world.another_environment();
    other.conns.record("AbC=").await.unwrap().unwrap();
    world.conns.identify("AbC=").user("ann").await.unwrap();
    assert_eq!(other.conns.record("AbC=").await.unwrap().unwrap().user(), None, "within the cache's life");
    assert_eq!(other.conns.fresh("AbC=").await.unwrap().unwrap().user(), Some("ann"));
    assert_eq!(other.conns.record("AbC=").await.unwrap().unwrap().user(), Some("ann"), "and from then on");
}

#[tokio::test]
async fn nobody_who_is_unknown_and_nothing_that_fits_no_row_is_written() {
    let world = World::new();
    let error = world.conns.identify("nobody=").user("ann").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::UnknownConnection);
    world.admit("AbC=").await;
    world.store.take_calls();
    let error = world.conns.identify("AbC=").user("x".repeat(600)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NameTooLong);
    let no_json = std::collections::HashMap::from([((1, 2), 3)]);
    let error = world.conns.identify("AbC=").attributes(&no_json).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Json);
    assert!(error.to_string().contains("AbC="), "{error}");
    assert!(world.store.take_calls().is_empty());
}

/// The change is answered after the join, and was made before it.
#[tokio::test]
async fn a_join_beside_a_change_of_identity_stays_in_the_cache() {
    let world = World::new();
    world.admit("AbC=").await;
    world.store.slow_down();
    let (changed, joined) = tokio::join!(
        IntoFuture::into_future(world.conns.identify("AbC=").user("ann")),
        world.conns.join("AbC=", "red", "Ann"),
    );
    changed.unwrap();
    joined.unwrap();
    let cached = world.conns.record("AbC=").await.unwrap().unwrap();
    assert_eq!((cached.user(), cached.is_in("red")), (Some("ann"), true));
}
