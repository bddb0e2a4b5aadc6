//! Checks of records: saved, read, deleted, tombstones.

use futures_util::future::{join, join_all, join3};

use super::{Case, EXPIRY, NOON, Subject, Verdict, cases, ensure, said};
use crate::connection::Record;
use crate::store::{GoneOutcome, StoreErrorKind};

pub(super) const CASES: [Case; 12] = cases![
    a_saved_record_is_read_back_whole,
    an_anonymous_record_is_saved,
    a_scope_does_not_see_another,
    saving_again_succeeds,
    a_delete_returns_the_record_once,
    of_many_deletes_one_gets_the_record,
    a_save_after_the_disconnect_loses,
    a_second_disconnect_keeps_the_tombstone,
    a_young_gone_connection_stays,
    an_old_gone_connection_is_removed_once,
    a_save_and_a_disconnect_that_overlap_agree,
    of_a_delete_and_a_clean_up_one_gets_the_record,
];

async fn a_saved_record_is_read_back_whole(subject: Subject<'_>) -> Verdict {
    let record = Record::new("AbC=", NOON, EXPIRY)
        .with_user(Some("ann".to_owned()))
        .with_tenant(Some("acme".to_owned()))
        .with_client(Some("192.0.2.10".to_owned()), Some("ExampleBrowser/1.0".to_owned()))
        .with_attributes_json(Some(r##"{"plan":"gold","tags":["#", "ä"]}"##.to_owned()));
    said(subject.store.put(subject.scope, &record).await)?;
    let read = subject.read("AbC=").await?;
    ensure!(read.as_ref() == Some(&record), "saved {record:?}, read {read:?}");
    Ok(())
}

async fn an_anonymous_record_is_saved(subject: Subject<'_>) -> Verdict {
    let record = subject.saved("AbC=").await?;
    let read = subject.read("AbC=").await?;
    ensure!(read.as_ref() == Some(&record), "saved {record:?}, read {read:?}");
    Ok(())
}

async fn a_scope_does_not_see_another(subject: Subject<'_>) -> Verdict {
    let other = format!("{}-other", subject.scope);
    let other = Subject { scope: &other, ..subject };
    subject.saved("AbC=").await?;
    ensure!(other.read("AbC=").await?.is_none(), "a record is read in another scope");
    ensure!(other.delete("AbC=").await?.is_none(), "a record is deleted from another scope");
    ensure!(subject.read("AbC=").await?.is_some(), "a delete in another scope removed the record");
    Ok(())
}

async fn saving_again_succeeds(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    subject.saved("AbC=").await.map(drop)
}

async fn a_delete_returns_the_record_once(subject: Subject<'_>) -> Verdict {
    let record = subject.saved("AbC=").await?;
    let first = subject.delete("AbC=").await?;
    ensure!(first.as_ref() == Some(&record), "saved {record:?}, the delete returned {first:?}");
    ensure!(subject.read("AbC=").await?.is_none(), "the record is still there");
    let second = subject.delete("AbC=").await?;
    ensure!(second.is_none(), "a second delete returned {second:?}");
    Ok(())
}

async fn of_many_deletes_one_gets_the_record(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    let deletes = join_all((0..8).map(|_| subject.delete("AbC="))).await;
    let deletes: Vec<_> = deletes.into_iter().collect::<Result<_, _>>()?;
    let winners = deletes.iter().flatten().count();
    ensure!(winners == 1, "{winners} of 8 deletes got the record");
    Ok(())
}

async fn a_save_after_the_disconnect_loses(subject: Subject<'_>) -> Verdict {
    ensure!(subject.delete("AbC=").await?.is_none(), "a delete of nothing returned a record");
    let save = subject.store.put(subject.scope, &Record::new("AbC=", NOON, EXPIRY)).await;
    let kind = save.err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::Closed), "the late save gave {kind:?}");
    ensure!(subject.read("AbC=").await?.is_none(), "a tombstone was read as a record");
    Ok(())
}

async fn a_second_disconnect_keeps_the_tombstone(subject: Subject<'_>) -> Verdict {
    subject.delete("AbC=").await?;
    ensure!(subject.delete("AbC=").await?.is_none(), "a tombstone was returned as a record");
    let save = subject.store.put(subject.scope, &Record::new("AbC=", NOON, EXPIRY)).await;
    ensure!(save.is_err(), "the second disconnect removed the tombstone");
    Ok(())
}

async fn a_young_gone_connection_stays(subject: Subject<'_>) -> Verdict {
    subject.saved("AbC=").await?;
    let outcome = said(subject.store.delete_gone(subject.scope, "AbC=", NOON).await)?;
    ensure!(matches!(outcome, GoneOutcome::Young), "a record as old as the limit: {outcome:?}");
    ensure!(subject.read("AbC=").await?.is_some(), "the record was removed");
    Ok(())
}

async fn an_old_gone_connection_is_removed_once(subject: Subject<'_>) -> Verdict {
    let record = subject.saved("AbC=").await?;
    let gone = || subject.store.delete_gone(subject.scope, "AbC=", NOON + 1);
    match said(gone().await)? {
        GoneOutcome::Removed(removed) if *removed == record => {}
        other => return Err(format!("the first clean-up: {other:?}")),
    }
    let outcome = said(gone().await)?;
    ensure!(matches!(outcome, GoneOutcome::Absent), "the second clean-up: {outcome:?}");
    ensure!(subject.delete("AbC=").await?.is_none(), "the disconnect got the record too");
    let outcome = said(gone().await)?;
    ensure!(matches!(outcome, GoneOutcome::Absent), "a clean-up of a tombstone: {outcome:?}");
    Ok(())
}

/// Either the save was first and the disconnect has the record, or the save lost. No record stays either way.
async fn a_save_and_a_disconnect_that_overlap_agree(subject: Subject<'_>) -> Verdict {
    for n in 0..10 {
        let record = Record::new(format!("id-{n}"), NOON, EXPIRY);
        let id = record.connection_id();
        let (saved, deleted) = join(subject.store.put(subject.scope, &record), subject.delete(id)).await;
        let deleted = deleted?;
        ensure!(saved.is_ok() == deleted.is_some(), "the save was {saved:?}, the disconnect got {deleted:?}");
        ensure!(subject.read(id).await?.is_none(), "a closed connection has a record");
    }
    Ok(())
}

async fn of_a_delete_and_a_clean_up_one_gets_the_record(subject: Subject<'_>) -> Verdict {
    for n in 0..10 {
        let id = format!("id-{n}");
        subject.saved(&id).await?;
        let gone = || subject.store.delete_gone(subject.scope, &id, NOON + 1);
        let (first, deleted, second) = join3(gone(), subject.delete(&id), gone()).await;
        let removed = |outcome: &GoneOutcome| matches!(outcome, GoneOutcome::Removed(_));
        let winners = [removed(&said(first)?), deleted?.is_some(), removed(&said(second)?)];
        ensure!(winners.iter().filter(|won| **won).count() == 1, "the winners are {winners:?}");
    }
    Ok(())
}
