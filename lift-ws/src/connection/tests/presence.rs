//! Who is here, as people.

use super::{Admission, World};
use crate::connection::Presence;

impl World {
    async fn come(&self, id: &str, user: Option<&str>) -> bool {
        let user = user.map(str::to_owned);
        self.conns.admitted(Admission { user, ..Admission::new(id, self.now()) }).await.unwrap();
        self.conns.enter(id, "red", id).await.unwrap()
    }

    async fn presence(&self) -> Presence<String> {
        self.conns.presence("red").await.unwrap()
    }

    /// The connection closes: was it the person's last one here?
    async fn go(&self, id: &str) -> bool {
        let record = self.conns.departed(id).await.unwrap().expect("it was connected");
        self.conns.has_left(&record, "red").await.unwrap()
    }
}

#[tokio::test]
async fn a_user_with_several_devices_is_one_person() {
    let world = World::new();
    for (id, user) in [("a1=", Some("ann")), ("b1=", Some("bob")), ("x1=", None), ("a2=", Some("ann"))] {
        world.come(id, user).await;
    }
    world.store.shorten_pages(1);
    let presence = world.presence().await;
    assert_eq!((presence.people(), presence.connections()), (3, 4));
    let ann = presence.user("ann").unwrap();
    assert_eq!(ann.connections.iter().map(|device| &*device.value).collect::<Vec<_>>(), ["a1=", "a2="]);
    assert_eq!(presence.anonymous[0].connection_id, "x1=");
    assert!(presence.user("eve").is_none());
}

#[tokio::test]
async fn only_the_first_device_enters_and_only_the_last_leaves() {
    let world = World::new();
    assert!(world.come("a1=", Some("ann")).await);
    assert!(!world.come("a2=", Some("ann")).await);
    assert!(!world.conns.enter("a1=", "red", "again").await.unwrap(), "it is here already");
    assert!(!world.go("a1=").await);
    assert!(world.conns.is_here("ann", "red").await.unwrap());
    assert!(world.go("a2=").await);
    assert!(!world.conns.is_here("ann", "red").await.unwrap());
    assert_eq!(world.presence().await.people(), 0);
}

#[tokio::test]
async fn every_anonymous_connection_enters_and_leaves() {
    let world = World::new();
    assert!(world.come("x1=", None).await && world.come("x2=", None).await);
    assert!(world.go("x1=").await && world.go("x2=").await);
}

#[tokio::test]
async fn who_left_by_another_environment_enters_anew() {
    let (one, user) = (World::new(), Some("ann"));
    let other = one.another_environment();
    for (id, user) in [("x1=", None), ("a1=", user)] {
        assert!(one.come(id, user).await);
        assert!(other.conns.leave(id, "red").await.unwrap());
        assert!(one.conns.enter(id, "red", id).await.unwrap(), "{id} is in the cache as one who is here");
        assert!(!one.conns.enter(id, "red", id).await.unwrap(), "{id} is here");
    }
}

#[tokio::test]
async fn who_leaves_a_group_and_stays_connected_has_left_it() {
    let world = World::new();
    world.come("a1=", Some("ann")).await;
    let record = world.conns.record("a1=").await.unwrap().unwrap();
    assert!(world.conns.leave("a1=", "red").await.unwrap());
    assert!(world.conns.has_left(&record, "red").await.unwrap());
}

#[tokio::test]
async fn a_connection_without_disconnect_is_here_for_two_hours_at_most() {
    let world = World::new();
    world.come("a1=", Some("ann")).await;
    world.clock.advance(std::time::Duration::from_secs(2 * 3_600 - 1));
    assert_eq!(world.presence().await.people(), 1);
    world.clock.advance(std::time::Duration::from_secs(2));
    assert_eq!(world.presence().await.people(), 0);
    assert!(world.come("a2=", Some("ann")).await, "she enters anew");
}
