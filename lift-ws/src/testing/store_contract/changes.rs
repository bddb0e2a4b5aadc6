//! Checks of changing who a connection is.

use futures_util::future::{join, join_all};

use super::{Case, EXPIRY, NOON, Subject, Verdict, cases, ensure, said};
use crate::connection::{Grant, Record};
use crate::store::{Change, ConnectionsQuery, StoreErrorKind, Whom};

pub(super) const CASES: [Case; 7] = cases![
    a_change_sets_what_it_names_and_keeps_the_rest,
    an_empty_name_takes_it_away,
    what_is_granted_changes_as_a_whole,
    a_changed_connection_is_listed_where_it_now_belongs,
    nobody_unknown_or_closed_is_changed,
    changes_at_the_same_time_are_all_counted,
    a_change_and_a_join_that_overlap_both_hold,
];

impl Subject<'_> {
    async fn change(&self, connection_id: &str, change: Change) -> Result<Record, String> {
        said(self.store.change(self.scope, connection_id, &change).await)
    }

    async fn ann(&self) -> Result<Record, String> {
        let record = Record::new("AbC=", NOON, EXPIRY)
            .with_user(Some("ann".to_owned()))
            .with_tenant(Some("acme".to_owned()))
            .with_attributes_json(Some(r#"{"plan":"gold"}"#.to_owned()))
            .with_grant(Grant::new(["admin"]).until(7));
        said(self.store.put(self.scope, &record).await)?;
        Ok(record)
    }

    async fn counted(&self, whom: Whom<'_>) -> Result<u64, String> {
        said(self.store.count(&ConnectionsQuery::new(self.scope, whom)).await)
    }
}

async fn a_change_sets_what_it_names_and_keeps_the_rest(subject: Subject<'_>) -> Verdict {
    let saved = subject.ann().await?;
    subject.join("AbC=", "red").await?;
    let changed = subject.change("AbC=", Change::new().with_user("bob")).await?;
    let who = (changed.user(), changed.tenant(), changed.attributes_json());
    ensure!(who == (Some("bob"), Some("acme"), saved.attributes_json()), "it is now {changed:?}");
    ensure!(changed.grant() == saved.grant(), "it is now {changed:?}");
    ensure!(changed.is_in("red") && changed.revision() == 1, "it is now {changed:?}");
    ensure!(changed.connected_at() == NOON && changed.expires_at() == EXPIRY, "it is now {changed:?}");
    let read = subject.read("AbC=").await?;
    ensure!(read.as_ref() == Some(&changed), "the change returned {changed:?}, stored is {read:?}");
    let deleted = subject.delete("AbC=").await?;
    ensure!(deleted.as_ref() == Some(&changed), "deleted was {deleted:?}");
    Ok(())
}

async fn an_empty_name_takes_it_away(subject: Subject<'_>) -> Verdict {
    subject.ann().await?;
    let nobody = Change::new().with_user("").with_tenant("").with_attributes_json("");
    let changed = subject.change("AbC=", nobody).await?;
    let who = (changed.user(), changed.tenant(), changed.attributes_json());
    ensure!(who == (None, None, None), "it is now {changed:?}");
    Ok(())
}

async fn what_is_granted_changes_as_a_whole(subject: Subject<'_>) -> Verdict {
    let saved = subject.ann().await?;
    for grant in
        [Grant::new(["a", "#b", "\u{e9}"]), Grant::default().until(u64::from(u32::MAX)), Grant::default()]
    {
        let changed = subject.change("AbC=", Change::new().with_grant(grant.clone())).await?;
        ensure!(changed.grant() == &grant, "it is now {changed:?}");
        ensure!(changed.attributes_json() == saved.attributes_json(), "it is now {changed:?}");
        let read = subject.read("AbC=").await?;
        ensure!(read.as_ref() == Some(&changed), "the change returned {changed:?}, stored is {read:?}");
    }
    Ok(())
}

async fn a_changed_connection_is_listed_where_it_now_belongs(subject: Subject<'_>) -> Verdict {
    subject.ann().await?;
    let steps = [
        (Change::new().with_user("bob").with_tenant("globex"), "bob", "globex"),
        (Change::new().with_user("").with_tenant(""), "", ""),
        (Change::new().with_user("ann").with_tenant("acme"), "ann", "acme"),
    ];
    for (change, user, tenant) in steps {
        subject.change("AbC=", change).await?;
        for name in ["ann", "bob"] {
            let (count, expected) = (subject.counted(Whom::User(name)).await?, u64::from(name == user));
            ensure!(count == expected, "`{name}` has {count} connections as it is `{user}`'s");
        }
        for name in ["acme", "globex", ""] {
            let (count, expected) = (subject.counted(Whom::Tenant(name)).await?, u64::from(name == tenant));
            ensure!(count == expected, "the tenant `{name}` has {count} connections as it is `{tenant}`'s");
        }
        let all = subject.counted(Whom::ALL).await?;
        ensure!(all == 1, "all are {all}");
    }
    Ok(())
}

async fn nobody_unknown_or_closed_is_changed(subject: Subject<'_>) -> Verdict {
    subject.saved("closed=").await?;
    subject.delete("closed=").await?;
    subject.delete("tombstone=").await?;
    for id in ["closed=", "tombstone=", "never="] {
        let change = Change::new().with_user("ann");
        let kind = subject.store.change(subject.scope, id, &change).await.err().map(|error| error.kind());
        ensure!(kind == Some(StoreErrorKind::UnknownConnection), "`{id}` gave {kind:?}");
        ensure!(subject.read(id).await?.is_none(), "changing `{id}` made a record");
    }
    let anns = subject.counted(Whom::User("ann")).await?;
    ensure!(anns == 0, "ann has {anns} connections");
    Ok(())
}

async fn changes_at_the_same_time_are_all_counted(subject: Subject<'_>) -> Verdict {
    subject.ann().await?;
    let names: Vec<String> = (0..6).map(|n| format!("user-{n}")).collect();
    let changes = names.iter().map(|name| subject.change("AbC=", Change::new().with_user(name)));
    let changes = join_all(changes).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut revisions: Vec<u32> = changes.iter().map(Record::revision).collect();
    revisions.sort_unstable();
    ensure!(revisions == [1, 2, 3, 4, 5, 6], "the revisions are {revisions:?}");
    let last = changes.iter().find(|record| record.revision() == 6);
    let read = subject.read("AbC=").await?;
    ensure!(read.as_ref() == last, "the last change is {last:?}, stored is {read:?}");
    Ok(())
}

async fn a_change_and_a_join_that_overlap_both_hold(subject: Subject<'_>) -> Verdict {
    for n in 0..10 {
        let id = format!("id-{n}");
        subject.saved(&id).await?;
        let (changed, joined) =
            join(subject.change(&id, Change::new().with_user("ann")), subject.join(&id, "red")).await;
        changed?;
        joined?;
        let record = subject.read(&id).await?.ok_or("the record is gone")?;
        ensure!(record.is_in("red") && record.user() == Some("ann"), "it is {record:?}");
    }
    Ok(())
}
