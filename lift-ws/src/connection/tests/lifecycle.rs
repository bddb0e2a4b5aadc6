//! From accepted to closed.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use super::counting::Call;
use super::{Admission, SCOPE, World};
use crate::connection::{Connections, Settings};
use crate::push::recording::RecordingPoster;
use crate::store::memory::MemoryStore;
use crate::store::{ConnectionStore, MAX_GROUPS, StoreErrorKind};

fn in_groups(id: &str, at: u64, groups: &[&str]) -> Admission {
    let groups = groups.iter().map(|group| ((*group).to_owned(), Some("\"Ann\"".to_owned()))).collect();
    Admission { user: Some("ann".to_owned()), groups, ..Admission::new(id, at) }
}

#[tokio::test]
async fn connecting_costs_one_write_and_one_transaction_per_group() {
    let world = World::new();
    world.conns.admitted(in_groups("AbC=", world.now(), &["red", "blue"])).await.unwrap();
    assert_eq!(world.store.take_calls(), [Call::Put, Call::Join, Call::Join]);
}

#[tokio::test]
async fn what_was_admitted_is_stored_before_the_answer() {
    let world = World::new();
    let record = world.conns.admitted(in_groups("AbC=", world.now(), &["red"])).await.unwrap();
    assert_eq!(world.stored(), [(*record).clone()]);
    assert_eq!(record.user(), Some("ann"));
    assert_eq!(record.member::<String>("red").unwrap().as_deref(), Some("Ann"));
    assert_eq!(record.expires_at(), record.connected_at() / 1_000 + 2 * 3_600 + 900);
    let members = world.conns.members::<String>("red").await.unwrap();
    assert_eq!((members[0].user.as_deref(), members[0].value.as_str()), (Some("ann"), "Ann"));
}

#[tokio::test]
async fn a_save_that_fails_is_an_error_and_stores_nothing() {
    let world = World::new();
    world.store.fail_after(0, Call::Put);
    let error = world.conns.admitted(Admission::new("AbC=", world.now())).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(world.stored().is_empty());
}

#[tokio::test]
async fn a_join_that_fails_takes_the_record_and_the_joins_before_back() {
    let world = World::new();
    world.store.fail_after(1, Call::Join);
    let admission = in_groups("AbC=", world.now(), &["red", "blue"]);
    assert!(world.conns.admitted(admission).await.is_err());
    assert!(world.stored().is_empty());
    assert!(world.names_in("red").await.is_empty());
    assert!(world.conns.record("AbC=").await.unwrap().is_none());
}

#[tokio::test]
async fn a_save_or_join_that_took_too_long_is_taken_back_although_it_was_stored() {
    for call in [Call::Put, Call::Join] {
        let world = World::new();
        world.store.never_answer(call);
        world.store.slow_down();
        let late = world.conns.clone().with_deadline(Instant::now());
        let error = late.admitted(in_groups("AbC=", world.now(), &["red"])).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Timeout, "{call:?}");
        assert!(world.stored().is_empty(), "{call:?}");
        assert!(world.names_in("red").await.is_empty(), "{call:?}");
    }
}

#[tokio::test]
async fn a_save_that_arrives_after_its_withdrawal_loses() {
    let world = World::new();
    world.store.fail_after(0, Call::Put);
    world.conns.admitted(Admission::new("AbC=", world.now())).await.unwrap_err();
    let late = Admission::new("AbC=", world.now()).into_record().0;
    let error = world.store.rows().put(SCOPE, &late).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Closed);
    assert!(world.stored().is_empty());
}

#[tokio::test]
async fn too_many_groups_or_a_bad_one_are_refused_before_anything_is_written() {
    let world = World::new();
    let names: Vec<String> = (0..=MAX_GROUPS).map(|n| n.to_string()).collect();
    let many: Vec<&str> = names.iter().map(String::as_str).collect();
    for (groups, kind) in [(&many[..], StoreErrorKind::TooManyGroups), (&[""], StoreErrorKind::InvalidGroup)]
    {
        let error = world.conns.admitted(in_groups("AbC=", world.now(), groups)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    assert!(world.store.take_calls().is_empty());
}

#[tokio::test]
async fn names_and_attributes_that_fit_no_row_are_refused_before_anything_is_written() {
    let world = World::new();
    let long = || Some("x".repeat(40_000));
    let new = || Admission::new("AbC=", world.now());
    for (admission, kind) in [
        (Admission { user: long(), ..new() }, StoreErrorKind::NameTooLong),
        (Admission { tenant: long(), ..new() }, StoreErrorKind::NameTooLong),
        (Admission { attributes: long(), ..new() }, StoreErrorKind::AttributesTooLarge),
    ] {
        assert_eq!(world.conns.admitted(admission).await.unwrap_err().kind(), kind);
    }
    assert!(world.store.take_calls().is_empty());
}

/// The SDK repeats a save whose answer it does not get; one of the tries may arrive after everything else.
#[tokio::test]
async fn a_save_that_was_stored_and_comes_again_after_its_withdrawal_loses() {
    let world = World::new();
    world.store.never_answer(Call::Put);
    let late = world.conns.clone().with_deadline(Instant::now());
    late.admitted(Admission::new("AbC=", world.now())).await.unwrap_err();
    assert!(world.stored().is_empty());
    let again = Admission::new("AbC=", world.now()).into_record().0;
    let error = world.store.rows().put(SCOPE, &again).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Closed);
}

#[tokio::test]
async fn a_late_save_after_the_disconnect_is_refused() {
    let world = World::new();
    assert!(world.conns.departed("AbC=").await.unwrap().is_none());
    let error = world.conns.admitted(Admission::new("AbC=", world.now())).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Closed);
    assert!(world.conns.record("AbC=").await.unwrap().is_none());
}

#[tokio::test]
async fn disconnecting_costs_one_delete_and_one_removal_of_all_memberships() {
    let world = World::new();
    world.conns.admitted(in_groups("AbC=", world.now(), &["red", "blue"])).await.unwrap();
    world.admit("DeF=").await;
    world.store.take_calls();
    let record = world.conns.departed("AbC=").await.unwrap().unwrap();
    assert_eq!(world.store.take_calls(), [Call::Delete, Call::RemoveMemberships]);
    assert_eq!(record.groups().collect::<Vec<_>>(), ["blue", "red"]);
    assert!(world.names_in("red").await.is_empty());
    world.store.take_calls();
    world.conns.departed("DeF=").await.unwrap().unwrap();
    assert_eq!(world.store.take_calls(), [Call::Delete], "no group, nothing to remove");
}

#[tokio::test]
async fn a_second_disconnect_gets_no_record() {
    let world = World::new();
    world.admit("AbC=").await;
    assert!(world.conns.departed("AbC=").await.unwrap().is_some());
    assert!(world.another_environment().conns.departed("AbC=").await.unwrap().is_none());
}

#[tokio::test]
async fn memberships_that_cannot_be_removed_do_not_lose_the_record() {
    let world = World::new();
    world.conns.admitted(in_groups("AbC=", world.now(), &["red"])).await.unwrap();
    world.store.fail_after(0, Call::RemoveMemberships);
    assert!(world.conns.departed("AbC=").await.unwrap().is_some());
}

#[tokio::test]
async fn a_record_is_read_once_per_environment_while_cached() {
    let world = World::new();
    world.admit("AbC=").await;
    world.store.take_calls();
    world.conns.record("AbC=").await.unwrap().unwrap();
    assert!(world.store.take_calls().is_empty(), "the environment that saved it knows it");
    let other = world.another_environment();
    for _ in 0..3 {
        other.conns.record("AbC=").await.unwrap().unwrap();
    }
    assert_eq!(other.store.take_calls(), [Call::Get]);
    other.conns.fresh("AbC=").await.unwrap().unwrap();
    assert_eq!(other.store.take_calls(), [Call::Get], "`fresh` goes past the cache");
}

#[tokio::test]
async fn a_join_during_a_read_is_not_hidden_by_what_the_read_found() {
    let world = World::new();
    world.admit("AbC=").await;
    world.store.slow_down();
    let mut reading = pin!(world.conns.fresh("AbC="));
    assert!(reading.as_mut().now_or_never().is_none(), "it has read and not yet answered");
    world.conns.join("AbC=", "red", "Ann").await.unwrap();
    assert!(!reading.await.unwrap().unwrap().is_in("red"));
    assert!(world.conns.record("AbC=").await.unwrap().unwrap().is_in("red"));
}

#[tokio::test]
async fn a_departure_during_a_read_is_not_undone_by_what_the_read_found() {
    let world = World::new();
    world.admit("AbC=").await;
    world.store.slow_down();
    let mut reading = pin!(world.conns.fresh("AbC="));
    assert!(reading.as_mut().now_or_never().is_none(), "it has read and not yet answered");
    world.conns.departed("AbC=").await.unwrap().unwrap();
    assert!(reading.await.unwrap().is_some());
    assert!(world.conns.cached("AbC=").unwrap().is_none());
}

#[tokio::test]
async fn a_cache_life_of_nothing_reads_each_time() {
    let world = World::with(Settings::default().with_cache_life(Duration::ZERO));
    world.admit("AbC=").await;
    world.store.take_calls();
    world.conns.record("AbC=").await.unwrap().unwrap();
    world.conns.record("AbC=").await.unwrap().unwrap();
    assert_eq!(world.store.take_calls(), [Call::Get, Call::Get]);
}

#[tokio::test]
async fn a_missing_record_is_not_remembered_as_missing() {
    let world = World::new();
    let other = world.another_environment();
    assert!(other.conns.record("AbC=").await.unwrap().is_none());
    world.admit("AbC=").await;
    assert!(other.conns.record("AbC=").await.unwrap().is_some());
}

#[tokio::test]
async fn an_expired_record_is_none_although_the_table_still_has_it() {
    let world = World::with(Settings::default().with_cache_entries(0));
    world.admit("AbC=").await;
    world.clock.advance(Duration::from_secs(3 * 3_600));
    assert!(world.conns.record("AbC=").await.unwrap().is_none());
}

#[tokio::test]
async fn a_join_is_seen_in_the_cached_record_and_by_other_environments() {
    let world = World::new();
    world.admit("AbC=").await;
    world.store.take_calls();
    world.conns.join("AbC=", "red", "Ann").await.unwrap();
    assert_eq!(world.store.take_calls(), [Call::Join], "the record was cached");
    assert!(world.conns.record("AbC=").await.unwrap().unwrap().is_in("red"));
    let other = world.another_environment();
    let members = other.conns.members::<String>("red").await.unwrap();
    assert_eq!(members[0].value, "Ann");
    assert!(other.conns.leave("AbC=", "red").await.unwrap());
    assert!(!other.conns.leave("AbC=", "red").await.unwrap());
    assert!(!other.conns.record("AbC=").await.unwrap().unwrap().is_in("red"));
}

#[tokio::test]
async fn a_join_of_a_connection_that_closed_elsewhere_is_refused_although_cached() {
    let world = World::new();
    world.admit("AbC=").await;
    world.another_environment().conns.departed("AbC=").await.unwrap();
    let error = world.conns.join("AbC=", "red", &()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::UnknownConnection);
    assert!(world.names_in("red").await.is_empty());
}

#[tokio::test]
async fn a_member_value_that_is_too_large_or_no_json_is_refused() {
    let world = World::new();
    world.admit("AbC=").await;
    let error = world.conns.join("AbC=", "red", &"x".repeat(2_000)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::MemberTooLarge);
    let no_json = std::collections::HashMap::from([((1, 2), 3)]);
    let error = world.conns.join("AbC=", "red", &no_json).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Json);
}

#[tokio::test]
async fn members_of_another_type_are_an_error_that_names_the_connection() {
    let world = World::new();
    world.conns.admitted(in_groups("AbC=", world.now(), &["red"])).await.unwrap();
    let error = world.conns.members::<u8>("red").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Json);
    assert!(error.to_string().contains("AbC="), "{error}");
}

#[tokio::test]
async fn members_are_read_over_pages_and_the_dead_are_left_out() {
    let world = World::new();
    world.store.shorten_pages(3);
    world.admit_into("red", ["dead=".to_owned()]).await;
    world.clock.advance(Duration::from_secs(2 * 3_600 + 1));
    world.admit_into("red", (0..10).map(|n| format!("{n}="))).await;
    world.store.take_calls();
    assert_eq!(world.names_in("red").await.len(), 10);
    assert_eq!(world.store.take_calls(), [Call::Members; 4]);
}

#[tokio::test]
async fn stages_and_apis_do_not_see_each_other() {
    let world = World::new();
    world.admit("AbC=").await;
    for other in [world.conns.bind("a1b2c3", "test"), world.conns.bind("a1b2c", "3/prod")] {
        assert!(other.record("AbC=").await.unwrap().is_none());
        assert!(other.departed("AbC=").await.unwrap().is_none());
    }
    assert_eq!(world.stored().len(), 1);
}

#[tokio::test]
async fn a_handle_without_api_says_what_to_do() {
    let conns = Connections::builder(MemoryStore::new(), RecordingPoster::new()).build();
    let error = conns.record("AbC=").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NoScope);
    assert!(error.to_string().contains(".scope("), "{error}");
}

#[tokio::test]
async fn a_handle_for_a_callback_url_finds_the_same_rows() {
    let store = Arc::new(MemoryStore::new());
    let conns = Connections::new(Arc::clone(&store), RecordingPoster::new());
    let by_url = conns.at("https://a1b2c3.execute-api.eu-central-1.amazonaws.com/prod");
    by_url.admitted(Admission::new("AbC=", super::NOON)).await.unwrap();
    assert!(store.get(SCOPE, "AbC=").await.unwrap().is_some());
    let by_name = conns.at("https://ws.example.org").scope(SCOPE);
    assert!(by_name.cached("AbC=").unwrap().is_some());
    assert!(conns.at("https://ws.example.org").cached("AbC=").is_err());
    assert!(by_name.scope("with#hash").cached("AbC=").is_err());
}

#[tokio::test]
async fn a_store_that_hangs_is_given_up_at_the_deadline() {
    let world = World::new();
    let late = world.conns.clone().with_deadline(Instant::now());
    let never = late.within(std::future::pending::<Result<(), _>>()).await;
    assert_eq!(never.unwrap_err().kind(), StoreErrorKind::Timeout);
}
