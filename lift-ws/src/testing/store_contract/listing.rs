//! Checks of lists: a user's connections, a tenant's, everybody's, page by page; and their counts.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{Case, EXPIRY, NOON, Subject, Verdict, cases, ensure, said};
use crate::connection::Record;
use crate::store::{ConnectionsPage, ConnectionsQuery, Cursor, Listed, StoreErrorKind, Whom};

pub(super) const CASES: [Case; 11] = cases![
    a_user_has_all_their_connections_and_nobody_elses,
    a_tenant_has_all_its_connections_and_no_others,
    who_has_no_tenant_stands_under_the_empty_one,
    everybody_is_in_exactly_one_segment,
    all_does_not_see_another_scope,
    lists_hold_everyone_once_whatever_the_page,
    a_list_goes_on_after_anyone,
    a_cursor_goes_through_text,
    rows_of_the_dead_are_not_listed,
    who_closed_is_not_listed,
    a_cursor_of_another_segment_is_refused,
];

impl Subject<'_> {
    /// Twenty-four connections a second apart: of three users and nobody, in two tenants and none.
    async fn people(&self) -> Result<Vec<Record>, String> {
        let records: Vec<Record> = (0..24)
            .map(|n| {
                let name = |names: [&str; 4]| Some(names[n as usize % 4].to_owned());
                let tenant = Some(["acme", "globex#0", ""][n as usize % 3].to_owned());
                Record::new(format!("id-{n:02}="), NOON + n * 1_000, EXPIRY)
                    .with_user(name(["ann", "ann#0", "bob", ""]))
                    .with_tenant(tenant)
            })
            .collect();
        let saves = join_all(records.iter().map(|record| self.store.put(self.scope, record))).await;
        said(saves.into_iter().collect::<Result<(), _>>())?;
        Ok(records)
    }

    fn of<'q>(&'q self, whom: Whom<'q>) -> ConnectionsQuery<'q> {
        ConnectionsQuery::new(self.scope, whom)
    }

    async fn page(&self, query: &ConnectionsQuery<'_>) -> Result<ConnectionsPage, String> {
        said(self.store.connections(query).await)
    }

    async fn list(&self, query: ConnectionsQuery<'_>) -> Result<Vec<Listed>, String> {
        let (mut listed, mut query) = (Vec::new(), query);
        // More pages than any check has connections.
        for _ in 0..1_000 {
            let page = self.page(&query).await?;
            listed.extend(page.connections);
            if page.cursor.is_none() {
                return Ok(listed);
            }
            query.cursor = page.cursor;
        }
        Err("the pages do not end".to_owned())
    }

    /// Lists and counts, and holds both to what was saved.
    async fn expect(&self, query: ConnectionsQuery<'_>, expected: &[&Record]) -> Verdict {
        let whom = query.whom;
        let listed = self.list(query.clone()).await?;
        let ids: BTreeSet<&str> = listed.iter().map(|row| row.connection_id.as_str()).collect();
        let wanted: BTreeSet<&str> = expected.iter().map(|record| record.connection_id()).collect();
        ensure!(ids == wanted, "{whom:?} is {ids:?} and not {wanted:?}");
        ensure!(listed.len() == ids.len(), "{whom:?} lists somebody twice: {listed:?}");
        for record in expected {
            let row = listed.iter().find(|row| row.connection_id == record.connection_id());
            let row = row.ok_or("it was there a moment ago")?;
            ensure!(row.user.as_deref() == record.user(), "{record:?} is listed as {row:?}");
            ensure!(row.connected_at == record.connected_at(), "{record:?} is listed as {row:?}");
            let knows_tenants = !matches!(whom, Whom::User(_));
            ensure!(
                !knows_tenants || row.tenant.as_deref() == record.tenant(),
                "{record:?} is listed as {row:?}"
            );
        }
        let count = said(self.store.count(&query).await)?;
        ensure!(count == expected.len() as u64, "{whom:?} counts {count} and not {}", expected.len());
        Ok(())
    }
}

fn those(people: &[Record], wanted: impl Fn(&Record) -> bool) -> Vec<&Record> {
    people.iter().filter(|record| wanted(record)).collect()
}

async fn a_user_has_all_their_connections_and_nobody_elses(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    for user in ["ann", "ann#0", "bob", "nobody", "an"] {
        let expected = those(&people, |record| record.user() == Some(user));
        subject.expect(subject.of(Whom::User(user)), &expected).await?;
    }
    let anns = subject.list(subject.of(Whom::User("ann"))).await?;
    ensure!(anns.is_sorted_by_key(|row| row.connected_at), "not in the order of connecting: {anns:?}");
    Ok(())
}

async fn a_tenant_has_all_its_connections_and_no_others(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    for tenant in ["acme", "globex#0", "globex", "initech"] {
        let expected = those(&people, |record| record.tenant() == Some(tenant));
        subject.expect(subject.of(Whom::Tenant(tenant)), &expected).await?;
    }
    Ok(())
}

async fn who_has_no_tenant_stands_under_the_empty_one(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    let expected = those(&people, |record| record.tenant().is_none());
    subject.expect(subject.of(Whom::Tenant("")), &expected).await?;
    let nobody = subject.list(subject.of(Whom::User(""))).await?;
    ensure!(nobody.is_empty(), "the empty user is {nobody:?}");
    Ok(())
}

async fn everybody_is_in_exactly_one_segment(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    subject.expect(subject.of(Whom::ALL), &those(&people, |_| true)).await?;
    for of in [2, 5] {
        let (mut ids, mut counted) = (Vec::new(), 0);
        for segment in 0..of {
            let query = subject.of(Whom::All { segment, of });
            ids.extend(subject.list(query.clone()).await?.into_iter().map(|row| row.connection_id));
            counted += said(subject.store.count(&query).await)?;
        }
        ids.sort_unstable();
        let expected: Vec<&str> = people.iter().map(Record::connection_id).collect();
        ensure!(ids == expected, "{of} segments hold {ids:?}");
        ensure!(counted == expected.len() as u64, "{of} segments count {counted}");
    }
    Ok(())
}

async fn all_does_not_see_another_scope(subject: Subject<'_>) -> Verdict {
    let longer = format!("{}2", subject.scope);
    let other = Subject { scope: &longer, ..subject };
    other.people().await?;
    let record = subject.saved("AbC=").await?;
    subject.expect(subject.of(Whom::ALL), &[&record]).await?;
    subject.expect(subject.of(Whom::User("ann")), &[]).await?;
    subject.expect(subject.of(Whom::Tenant("acme")), &[]).await
}

async fn lists_hold_everyone_once_whatever_the_page(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    for limit in [1, 2, 7, 1_000] {
        let anns = those(&people, |record| record.user() == Some("ann"));
        subject.expect(subject.of(Whom::User("ann")).limit(limit), &anns).await?;
        let acme = those(&people, |record| record.tenant() == Some("acme"));
        subject.expect(subject.of(Whom::Tenant("acme")).limit(limit), &acme).await?;
    }
    let (whole, people) = (subject.of(Whom::ALL), those(&people, |_| true));
    // A store that is not empty may need many pages of one row to see this scope's.
    subject.expect(whole.limit(50), &people).await
}

async fn a_list_goes_on_after_anyone(subject: Subject<'_>) -> Verdict {
    subject.people().await?;
    for whom in [Whom::User("ann"), Whom::Tenant("acme"), Whom::Tenant(""), Whom::ALL] {
        let whole = subject.list(subject.of(whom)).await?;
        for (n, row) in whole.iter().enumerate() {
            let rest = subject.list(subject.of(whom).after(Some(row.cursor()))).await?;
            ensure!(rest == whole[n + 1..], "{whom:?} goes on after {row:?} with {rest:?}");
            let count = said(subject.store.count(&subject.of(whom).after(Some(row.cursor()))).await)?;
            ensure!(count == rest.len() as u64, "{whom:?} counts {count} after {row:?}");
        }
    }
    Ok(())
}

async fn a_cursor_goes_through_text(subject: Subject<'_>) -> Verdict {
    subject.people().await?;
    for whom in [Whom::User("ann"), Whom::Tenant("globex#0"), Whom::ALL] {
        let whole = subject.list(subject.of(whom)).await?;
        let middle = whole.get(whole.len() / 2).ok_or("nobody is listed")?;
        let text = middle.cursor().to_string();
        let cursor: Cursor = text.parse().map_err(|error| format!("`{text}`: {error}"))?;
        let rest = subject.list(subject.of(whom).after(Some(cursor))).await?;
        ensure!(rest == whole[whole.len() / 2 + 1..], "after `{text}` comes {rest:?}");
    }
    Ok(())
}

async fn rows_of_the_dead_are_not_listed(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    let since = NOON + 12_000;
    let living = |record: &Record| record.connected_at() >= since;
    for whom in [Whom::User("ann"), Whom::Tenant("acme"), Whom::ALL] {
        let expected = those(&people, |record| {
            let is_theirs = match whom {
                Whom::User(user) => record.user() == Some(user),
                Whom::Tenant(tenant) => record.tenant() == Some(tenant),
                Whom::All { .. } => true,
            };
            is_theirs && living(record)
        });
        let query = subject.of(whom).connected_since(since);
        subject.expect(query.clone(), &expected).await?;
        let first = subject.list(subject.of(whom)).await?.into_iter().next().ok_or("nobody is listed")?;
        let rest = subject.list(query.after(Some(first.cursor()))).await?;
        ensure!(
            rest.iter().all(|row| row.connected_at >= since),
            "going on after {first:?}, {whom:?} is {rest:?}"
        );
    }
    Ok(())
}

async fn who_closed_is_not_listed(subject: Subject<'_>) -> Verdict {
    let people = subject.people().await?;
    let (closed, open) = people.split_at(6);
    for record in closed {
        subject.delete(record.connection_id()).await?;
    }
    subject.delete("never-there").await?;
    subject.expect(subject.of(Whom::ALL), &those(open, |_| true)).await?;
    let anns = those(open, |record| record.user() == Some("ann"));
    subject.expect(subject.of(Whom::User("ann")), &anns).await
}

async fn a_cursor_of_another_segment_is_refused(subject: Subject<'_>) -> Verdict {
    let whom = Whom::All { segment: 1, of: 2 };
    let query = subject.of(whom).after(Some(Cursor::start_of(0)));
    let kind = subject.store.connections(&query).await.err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::InvalidCursor), "it gave {kind:?}");
    Ok(())
}
