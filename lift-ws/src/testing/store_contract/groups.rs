//! Checks of groups: join, leave, members page by page.

use futures_util::future::{join, join_all};

use super::{Case, EXPIRY, NOON, Subject, Verdict, cases, ensure, member, said};
use crate::connection::Record;
use crate::store::{Cursor, MAX_GROUP_BYTES, MAX_GROUPS, MembersQuery, Membership, StoreErrorKind};

pub(super) const CASES: [Case; 16] = cases![
    a_join_is_in_the_record_and_among_the_members,
    joining_again_replaces_the_value,
    nobody_joins_without_a_record,
    nobody_joins_after_the_disconnect,
    the_number_of_groups_is_bounded,
    joins_at_the_same_time_all_count,
    a_delete_knows_every_join_that_was_answered,
    leaving_returns_the_membership_once,
    leaving_takes_nobody_else_out,
    groups_with_strange_names_are_apart,
    pages_hold_every_member_once_and_in_order,
    reading_goes_on_after_any_member,
    reading_goes_on_at_a_moment,
    reading_goes_on_behind_the_last_shard,
    rows_of_the_dead_are_skipped,
    memberships_are_removed_in_bulk,
];

impl Subject<'_> {
    async fn pages(&self, query: MembersQuery<'_>) -> Result<Vec<Membership>, String> {
        let mut members = Vec::new();
        let mut query = query.consistent(true);
        // More pages than any check has members.
        for _ in 0..1_000 {
            let page = said(self.store.members(&query).await)?;
            members.extend(page.members);
            if page.cursor.is_none() {
                return Ok(members);
            }
            query.cursor = page.cursor;
        }
        Err("the pages do not end".to_owned())
    }

    async fn ids_in(&self, group: &str) -> Result<Vec<String>, String> {
        let members = self.pages(MembersQuery::new(self.scope, group)).await?;
        Ok(members.into_iter().map(|member| member.connection_id).collect())
    }

    /// Who connected since then, latest first (the crowd's ids fall).
    async fn living(&self, group: &str, since: u64, after: Option<Cursor>) -> Result<Vec<String>, String> {
        let query = MembersQuery::new(self.scope, group).connected_since(since).after(after);
        let members = self.pages(query).await?;
        let mut ids: Vec<String> = members.into_iter().map(|member| member.connection_id).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    }

    /// Connections one second apart in a group, and their ids in the order of time.
    async fn crowd(&self, group: &str, size: u64) -> Result<Vec<String>, String> {
        let mut ids = Vec::new();
        for n in 0..size {
            let (id, connected_at) = (format!("id-{:02}=", size - n), NOON + n * 1_000);
            said(self.store.put(self.scope, &Record::new(&id, connected_at, EXPIRY)).await)?;
            said(self.store.join(self.scope, group, &Membership::new(&id, connected_at, EXPIRY)).await)?;
            ids.push(id);
        }
        Ok(ids)
    }
}

async fn a_join_is_in_the_record_and_among_the_members(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    let joined = member("AbC=").with_user(Some("ann".to_owned())).with_member(Some(r#""Ann""#.to_owned()));
    said(subject.store.join(subject.scope, "red", &joined).await)?;
    let record = subject.read("AbC=").await?.ok_or("the record is gone")?;
    let value: Option<String> = record.member("red").map_err(|error| error.to_string())?;
    ensure!(value.as_deref() == Some("Ann"), "the record has {value:?}");
    let members = subject.pages(MembersQuery::new(subject.scope, "red")).await?;
    ensure!(members == [joined], "the members are {members:?}");
    Ok(())
}

async fn joining_again_replaces_the_value(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    subject.join("AbC=", "red").await?;
    let again = member("AbC=").with_member(Some("7".to_owned()));
    said(subject.store.join(subject.scope, "red", &again).await)?;
    let members = subject.pages(MembersQuery::new(subject.scope, "red")).await?;
    ensure!(members == [again], "the members are {members:?}");
    Ok(())
}

async fn nobody_joins_without_a_record(subject: Subject<'_>) -> Verdict {
    let join = subject.store.join(subject.scope, "red", &member("AbC=")).await;
    let kind = join.err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::UnknownConnection), "the join gave {kind:?}");
    ensure!(subject.ids_in("red").await?.is_empty(), "a refused join left a membership");
    ensure!(subject.read("AbC=").await?.is_none(), "a refused join left a record");
    Ok(())
}

async fn nobody_joins_after_the_disconnect(subject: Subject<'_>) -> Verdict {
    subject.delete("AbC=").await?;
    let join = subject.store.join(subject.scope, "red", &member("AbC=")).await;
    let kind = join.err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::UnknownConnection), "the join gave {kind:?}");
    ensure!(subject.ids_in("red").await?.is_empty(), "a refused join left a membership");
    Ok(())
}

async fn the_number_of_groups_is_bounded(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    for n in 0..MAX_GROUPS {
        subject.join("AbC=", &format!("group-{n}")).await?;
    }
    subject.join("AbC=", "group-7").await.map_err(|why| format!("joining again at the bound: {why}"))?;
    let join = subject.store.join(subject.scope, "one-more", &member("AbC=")).await;
    let kind = join.err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::TooManyGroups), "the join gave {kind:?}");
    ensure!(subject.ids_in("one-more").await?.is_empty(), "a refused join left a membership");
    Ok(())
}

async fn joins_at_the_same_time_all_count(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    let groups: Vec<String> = (0..6).map(|n| format!("group-{n}")).collect();
    let joins = join_all(groups.iter().map(|group| subject.join("AbC=", group))).await;
    joins.into_iter().collect::<Verdict>()?;
    let record = subject.read("AbC=").await?.ok_or("the record is gone")?;
    ensure!(record.groups().eq(groups.iter()), "the record has {:?}", record.groups().collect::<Vec<_>>());
    Ok(())
}

async fn a_delete_knows_every_join_that_was_answered(subject: Subject<'_>) -> Verdict {
    for n in 0..10 {
        let id = format!("id-{n}");
        subject.saved(&id).await?;
        let (joined, deleted) = join(subject.join(&id, "red"), subject.delete(&id)).await;
        let record = deleted?.ok_or("the delete got no record")?;
        let known = record.is_in("red");
        ensure!(joined.is_ok() == known, "the join was {joined:?}, the deleted record knows of it: {known}");
    }
    Ok(())
}

async fn leaving_returns_the_membership_once(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    subject.join("AbC=", "red").await?;
    let leave = || subject.store.leave(subject.scope, "red", "AbC=", NOON);
    let left = said(leave().await)?;
    ensure!(left == Some(member("AbC=")), "leaving returned {left:?}");
    ensure!(subject.ids_in("red").await?.is_empty(), "the membership is still there");
    let record = subject.read("AbC=").await?.ok_or("the record is gone")?;
    ensure!(!record.is_in("red"), "the record still has the group");
    let again = said(leave().await)?;
    ensure!(again.is_none(), "leaving again returned {again:?}");
    let unknown = said(subject.store.leave(subject.scope, "red", "nobody", NOON).await)?;
    ensure!(unknown.is_none(), "an unknown connection left: {unknown:?}");
    ensure!(subject.read("nobody").await?.is_none(), "leaving made a record");
    Ok(())
}

async fn leaving_takes_nobody_else_out(subject: Subject<'_>) -> Verdict {
    let ids = subject.crowd("red", 3).await?;
    said(subject.store.leave(subject.scope, "red", &ids[1], NOON + 1_000).await)?;
    let left = subject.ids_in("red").await?;
    ensure!(left == [ids[0].as_str(), ids[2].as_str()], "the members are {left:?}");
    Ok(())
}

async fn groups_with_strange_names_are_apart(subject: Subject<'_>) -> Verdict {
    let longest = "x".repeat(MAX_GROUP_BYTES);
    let groups = ["red", "red#0", "red#0#0", "#", "räume 🏠", "a.b", "a-b", ":x", "SET", longest.as_str()];
    for (n, group) in groups.iter().enumerate() {
        let id = format!("id-{n}");
        subject.saved(&id).await?;
        subject.join(&id, group).await.map_err(|why| format!("`{group}`: {why}"))?;
    }
    for (n, group) in groups.iter().enumerate() {
        let (ids, expected) = (subject.ids_in(group).await?, format!("id-{n}"));
        ensure!(ids == [expected.as_str()], "`{group}` has {ids:?}");
    }
    Ok(())
}

async fn pages_hold_every_member_once_and_in_order(subject: Subject<'_>) -> Verdict {
    let ids = subject.crowd("red", 20).await?;
    for limit in [1, 3, 20, 1_000] {
        let query = MembersQuery::new(subject.scope, "red").limit(limit);
        let members = subject.pages(query).await?;
        let mut read: Vec<&str> = members.iter().map(|member| member.connection_id.as_str()).collect();
        let mut expected: Vec<&str> = ids.iter().map(String::as_str).collect();
        if subject.spreads(&members).await? {
            read.sort_unstable();
            expected.sort_unstable();
        }
        ensure!(read == expected, "in pages of {limit}: {read:?}");
    }
    Ok(())
}

impl Subject<'_> {
    /// Whether the store keeps a group in several shards: order is by shard first, then.
    async fn spreads(&self, members: &[Membership]) -> Result<bool, String> {
        let first = said(self.store.members(&MembersQuery::new(self.scope, "red")).await)?;
        Ok(first.members.len() < members.len())
    }
}

async fn reading_goes_on_after_any_member(subject: Subject<'_>) -> Verdict {
    subject.crowd("red", 6).await?;
    let page = said(subject.store.members(&MembersQuery::new(subject.scope, "red").limit(5)).await)?;
    let shard = page.shard;
    for (n, member) in page.members.iter().enumerate() {
        let cursor = Cursor::after(shard, member.connected_at, &member.connection_id);
        let query = MembersQuery::new(subject.scope, "red").after(Some(cursor));
        let rest = said(subject.store.members(&query).await)?;
        let (next, expected) = (rest.members.first(), page.members.get(n + 1));
        ensure!(expected.is_none() || next == expected, "after {member:?} comes {next:?}");
    }
    Ok(())
}

/// A cursor without a connection stands before all that connected at its time: segments of a broadcast begin so.
async fn reading_goes_on_at_a_moment(subject: Subject<'_>) -> Verdict {
    subject.crowd("red", 6).await?;
    let whole = said(subject.store.members(&MembersQuery::new(subject.scope, "red")).await)?;
    for n in 0..6 {
        let moment = NOON + n * 1_000;
        let query =
            MembersQuery::new(subject.scope, "red").after(Some(Cursor::after(whole.shard, moment, "")));
        let rest = said(subject.store.members(&query).await)?;
        let later = whole.members.iter().filter(|member| member.connected_at >= moment);
        ensure!(rest.members.iter().eq(later), "from {moment} on: {:?}", rest.members);
    }
    Ok(())
}

/// Nobody is there, and it does not begin again: a cursor may come back from outside.
async fn reading_goes_on_behind_the_last_shard(subject: Subject<'_>) -> Verdict {
    subject.crowd("red", 6).await?;
    let query = MembersQuery::new(subject.scope, "red").after(Some(Cursor::after(u16::MAX, 0, "AbC=")));
    let rest = subject.pages(query).await?;
    ensure!(rest.is_empty(), "{rest:?}");
    Ok(())
}

async fn rows_of_the_dead_are_skipped(subject: Subject<'_>) -> Verdict {
    let ids = subject.crowd("red", 6).await?;
    let since = NOON + 3_000;
    let read = subject.living("red", since, None).await?;
    ensure!(read == ids[3..], "since the fourth: {read:?}");
    let among_the_dead = Some(Cursor::after(0, NOON + 1_000, &ids[1]));
    let read = subject.living("red", since, among_the_dead).await?;
    ensure!(read == ids[3..], "going on among the dead: {read:?}");
    Ok(())
}

async fn memberships_are_removed_in_bulk(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    subject.saved("DeF=").await?;
    let groups: Vec<String> = (0..60).map(|n| format!("group-{n}")).collect();
    for group in &groups {
        subject.join("AbC=", group).await?;
    }
    subject.join("DeF=", "group-7").await?;
    let names: Vec<&str> = groups.iter().map(String::as_str).chain(["never-joined"]).collect();
    said(subject.store.remove_memberships(subject.scope, "AbC=", NOON, &names).await)?;
    for group in &groups {
        let ids = subject.ids_in(group).await?;
        let expected: &[&str] = if group == "group-7" { &["DeF="] } else { &[] };
        ensure!(ids == expected, "`{group}` still has {ids:?}");
    }
    Ok(())
}
