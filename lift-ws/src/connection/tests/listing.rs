//! Whose connections there are, and the groups of one.

use std::time::Duration;

use futures_util::TryStreamExt;

use super::counting::Call;
use super::{Admission, World};
use crate::store::StoreErrorKind;

impl World {
    async fn admit_as(&self, user: &str, tenant: &str, id: &str) {
        let (user, tenant) = (Some(user.to_owned()), Some(tenant.to_owned()));
        let admission = Admission { user, tenant, ..Admission::new(id, self.now()) };
        self.conns.admitted(admission).await.unwrap();
    }

    async fn people(&self) {
        self.admit_as("ann", "acme", "a1=").await;
        self.admit_as("ann", "acme", "a2=").await;
        self.admit_as("bob", "acme", "b1=").await;
        self.admit_as("eve", "globex", "e1=").await;
        self.admit("x=").await;
    }
}

#[tokio::test]
async fn users_tenants_and_everybody_are_listed_and_counted() {
    let world = World::new();
    world.people().await;
    let conns = &world.conns;
    let devices = conns.find_user("ann").await.unwrap();
    assert_eq!(devices.iter().map(|row| &*row.connection_id).collect::<Vec<_>>(), ["a1=", "a2="]);
    assert_eq!(conns.find_tenant("acme").count().await.unwrap(), 3);
    assert_eq!(conns.find_all().await.unwrap().len(), 5);
    assert_eq!(conns.count().await.unwrap(), 5);
    assert_eq!(conns.bind("a1b2c3", "test").count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page_and_without_the_dead() {
    let world = World::new();
    world.admit("dead=").await;
    world.clock.advance(Duration::from_secs(2 * 3_600 + 1));
    world.people().await;
    world.store.shorten_pages(2);
    world.store.take_calls();
    let mut ids: Vec<String> =
        world.conns.find_all().stream().map_ok(|row| row.connection_id).try_collect().await.unwrap();
    ids.sort();
    assert_eq!(ids, ["a1=", "a2=", "b1=", "e1=", "x="]);
    assert_eq!(world.store.take_calls(), [Call::Connections; 3]);
    assert_eq!(world.conns.count().await.unwrap(), 5);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_says_so_and_ends() {
    let world = World::new();
    world.people().await;
    world.store.shorten_pages(2);
    world.store.fail_after(1, Call::Connections);
    let error = world.conns.find_all().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn the_groups_of_a_connection_are_read_past_the_cache() {
    let world = World::new();
    world.admit("AbC=").await;
    let other = world.another_environment();
    for group in ["red", "blue"] {
        other.conns.join("AbC=", group, &()).await.unwrap();
    }
    assert_eq!(world.conns.groups_of("AbC=").await.unwrap(), ["blue", "red"]);
    let error = world.conns.groups_of("nobody").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::UnknownConnection);
}
