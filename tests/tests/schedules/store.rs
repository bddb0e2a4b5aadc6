//! The memory store behind a network: calls take time, fail, lose their answers, come late; pages are short or empty.

use std::sync::Arc;

use futures_util::FutureExt;
use lift_ws::connection::Record;
use lift_ws::store::memory::MemoryStore;
use lift_ws::store::{
    BoxFuture, BroadcastStore, Change, ConnectionStore, ConnectionsPage, ConnectionsQuery, GoneOutcome,
    MembersQuery, Membership, MembershipPage, StoreError, StoreErrorKind, Whom,
};
use lift_ws::testing::simulation::sleep;

use super::executor;
use super::promises::Promise;
use super::world::{Op, World, now, scope_key, world};

/// How far an eventually consistent read may be behind, in milliseconds.
pub(crate) const LAG: u64 = 1_000;

#[derive(Debug, Clone)]
pub(crate) struct FaultyStore {
    pub(crate) rows: Arc<MemoryStore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StoreFault {
    Throttle,
    Unreachable,
    /// It is carried out, and the answer says that it failed.
    LoseAnswer,
    /// The caller is told of a time-out, and some time later it is carried out.
    Late,
    /// No answer comes; it is not carried out.
    Silence,
    /// No answer comes; it is carried out.
    SilentSuccess,
}

impl World {
    fn store_call(&mut self, op: Op, scope: &str, id: Option<&str>) -> Option<StoreFault> {
        self.calls += 1;
        let rate = self.plan.store_faults;
        let fault = self.lots.permille(rate).then(|| {
            self.lots.pick(&[
                StoreFault::Throttle,
                StoreFault::Throttle,
                StoreFault::Unreachable,
                StoreFault::LoseAnswer,
                StoreFault::LoseAnswer,
                StoreFault::Late,
                StoreFault::Silence,
                StoreFault::SilentSuccess,
            ])
        });
        if let Some(id) = id {
            let own = self.connections.get(id).map(|connection| scope_key(connection.scope));
            if own.as_ref().is_some_and(|own| own != scope) {
                self.broken(Promise::ScopesAreApart, || format!("{op:?} of {id} in the scope {scope}"));
            }
            let refused = self.connections.get(id).is_some_and(|connection| connection.refused);
            if op == Op::Put && refused {
                self.broken(Promise::RefusedIsNotSaved, || format!("{id} was refused by its handler"));
            }
            if fault.is_some() {
                self.taint(id);
            }
        }
        if let Some(invocation) = self.invocation() {
            invocation.calls.push(op);
            invocation.faults += u32::from(fault.is_some());
            invocation.withdrawal_failed |= op == Op::Delete && fault.is_some();
            if let Some(id) = id.filter(|_| op != Op::Get) {
                invocation.touched.insert(id.to_owned());
            }
        }
        if let Some(fault) = fault {
            self.note(|| format!("{op:?} {id:?}: {fault:?}"));
        }
        fault
    }
}

/// What a call changed: whose record, and what it removed.
trait Outcome {
    fn removed(&self) -> Option<&Record> {
        None
    }
}

impl Outcome for () {}
impl Outcome for Option<Membership> {}
impl Outcome for MembershipPage {}
impl Outcome for ConnectionsPage {}
/// What a read gives is not removed.
struct Seen(Option<Record>);
impl Outcome for Seen {}
impl Outcome for Option<Record> {
    fn removed(&self) -> Option<&Record> {
        self.as_ref()
    }
}
impl Outcome for GoneOutcome {
    fn removed(&self) -> Option<&Record> {
        match self {
            GoneOutcome::Removed(record) => Some(record),
            _ => None,
        }
    }
}

pub(crate) async fn pause() {
    let time = world(|w| w.lots.millis(0..12));
    sleep(time).await;
}

/// A call whose answer nobody waits for any more: a deadline has come.
struct CutShort(Option<(Op, String)>);

impl Drop for CutShort {
    fn drop(&mut self) {
        let Some((op, id)) = &self.0 else { return };
        world(|w| {
            w.taint(id);
            if let Some(invocation) = w.invocation() {
                invocation.withdrawal_failed |= *op == Op::Delete;
            }
        });
    }
}

impl FaultyStore {
    async fn call<T: Outcome + Send + 'static>(
        &self,
        op: Op,
        scope: &str,
        id: Option<&str>,
        group: Option<&str>,
        apply: impl FnOnce(&MemoryStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fault = world(|w| w.store_call(op, scope, id));
        let mut cut = CutShort(id.map(|id| (op, id.to_owned())));
        pause().await;
        match fault {
            None => {
                let outcome = self.carry_out(op, scope, id, group, apply);
                pause().await;
                cut.0 = None;
                if let Some(record) = outcome.as_ref().ok().and_then(Outcome::removed) {
                    world(|w| w.handed_out(record));
                }
                outcome
            }
            Some(StoreFault::Throttle) => Err(StoreErrorKind::Throttled.into()),
            Some(StoreFault::Unreachable) => Err(StoreErrorKind::Unavailable.into()),
            Some(StoreFault::LoseAnswer) => {
                let _ = self.carry_out(op, scope, id, group, apply);
                pause().await;
                Err(StoreErrorKind::Timeout.into())
            }
            Some(StoreFault::Late) => {
                let (this, scope) = (self.clone(), scope.to_owned());
                let (id, group) = (id.map(str::to_owned), group.map(str::to_owned));
                let after = world(|w| w.lots.millis(1..40_000));
                executor::spawn(async move {
                    sleep(after).await;
                    let _ = this.carry_out(op, &scope, id.as_deref(), group.as_deref(), apply);
                });
                Err(StoreErrorKind::Timeout.into())
            }
            Some(StoreFault::Silence) => std::future::pending().await,
            Some(StoreFault::SilentSuccess) => {
                let _ = self.carry_out(op, scope, id, group, apply);
                std::future::pending().await
            }
        }
    }

    fn carry_out<T: Outcome>(
        &self,
        op: Op,
        scope: &str,
        id: Option<&str>,
        group: Option<&str>,
        apply: impl FnOnce(&MemoryStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let outcome = apply(&self.rows);
        let Some(id) = id else { return outcome };
        if op == Op::Get {
            return outcome;
        }
        let record = self.record(scope, id);
        world(|w| {
            let result = outcome.as_ref().map(|_| ()).map_err(StoreError::kind);
            w.note(|| format!("{op:?} {id} {} {result:?}", group.unwrap_or("")));
            w.note_version(id, record.as_ref());
            if let Some(removed) = outcome.as_ref().ok().and_then(Outcome::removed) {
                w.removed(op, removed);
            }
            // without a group it is the record that was written
            let key = (id.to_owned(), group.unwrap_or_default().to_owned());
            if op == Op::Leave {
                w.members.remove(&key);
            }
            if op != Op::Change {
                w.written.insert(key, now());
            }
        });
        outcome
    }

    pub(crate) fn record(&self, scope: &str, id: &str) -> Option<Record> {
        ready(self.rows.get(scope, id)).expect("the rows are in memory")
    }

    /// All rows of a group, dead or alive.
    pub(crate) fn members_of(&self, scope: &str, group: &str) -> Vec<Membership> {
        let query = MembersQuery::new(scope, group).consistent(true);
        ready(self.rows.members(&query)).expect("the rows are in memory").members
    }
}

/// What was written in the last second may be missing from an eventually consistent read.
fn is_indexed(id: &str, group: &str) -> bool {
    world(|w| {
        let written = w.written.get(&(id.to_owned(), group.to_owned())).copied().unwrap_or_default();
        written + LAG < now() || w.lots.permille(500)
    })
}

fn ready<T>(call: BoxFuture<'_, T>) -> T {
    call.now_or_never().expect("the rows are in memory")
}

impl ConnectionStore for FaultyStore {
    fn broadcasts(&self) -> Option<&dyn BroadcastStore> {
        Some(self)
    }

    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        let (key, copy) = (scope.to_owned(), record.clone());
        let apply = move |rows: &MemoryStore| ready(rows.put(&key, &copy));
        Box::pin(self.call(Op::Put, scope, Some(record.connection_id()), None, apply))
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        let (key, of) = (scope.to_owned(), id.to_owned());
        let apply = move |rows: &MemoryStore| ready(rows.get(&key, &of)).map(Seen);
        let call = self.call(Op::Get, scope, Some(id), None, apply);
        Box::pin(async move { Ok(call.await?.0) })
    }

    fn delete<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        tombstone_until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        let (key, of) = (scope.to_owned(), id.to_owned());
        let apply = move |rows: &MemoryStore| ready(rows.delete(&key, &of, tombstone_until));
        Box::pin(self.call(Op::Delete, scope, Some(id), None, apply))
    }

    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>> {
        let (key, of) = (scope.to_owned(), id.to_owned());
        let apply = move |rows: &MemoryStore| ready(rows.delete_gone(&key, &of, connected_before));
        Box::pin(self.call(Op::DeleteGone, scope, Some(id), None, apply))
    }

    fn change<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Record, StoreError>> {
        let (key, of, change) = (scope.to_owned(), id.to_owned(), change.clone());
        let apply =
            move |rows: &MemoryStore| ready(rows.change(&key, &of, &change)).map(|record| Seen(Some(record)));
        let call = self.call(Op::Change, scope, Some(id), None, apply);
        Box::pin(async move { Ok(call.await?.0.expect("what was changed is there")) })
    }

    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (key, name, copy) = (scope.to_owned(), group.to_owned(), membership.clone());
        let apply = move |rows: &MemoryStore| ready(rows.join(&key, &name, &copy));
        Box::pin(self.call(Op::Join, scope, Some(&membership.connection_id), Some(group), apply))
    }

    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>> {
        let (key, name, of) = (scope.to_owned(), group.to_owned(), id.to_owned());
        let apply = move |rows: &MemoryStore| ready(rows.leave(&key, &name, &of, connected_at));
        Box::pin(self.call(Op::Leave, scope, Some(id), Some(group), apply))
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        let (key, name) = (query.scope.to_owned(), query.group.to_owned());
        let (since, consistent, cursor) = (query.connected_since, query.consistent, query.cursor.clone());
        let (empty, limit) = world(|w| (w.lots.permille(80), w.lots.among(1..5)));
        let apply = move |rows: &MemoryStore| {
            // A page may be empty, though more follows.
            if empty && let Some(cursor) = &cursor {
                return Ok(MembershipPage::new(0, Vec::new(), Some(cursor.clone())));
            }
            let limit = u32::try_from(limit).expect("a small number");
            let query = MembersQuery::new(&key, &name).connected_since(since).limit(limit).after(cursor);
            let mut page = ready(rows.members(&query))?;
            if !consistent {
                // An eventually consistent read may miss what was written in the last second.
                page.members.retain(|member| is_indexed(&member.connection_id, &name));
            }
            Ok(page)
        };
        Box::pin(self.call(Op::Members, query.scope, None, None, apply))
    }

    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (key, of) = (scope.to_owned(), id.to_owned());
        let names: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        let apply = move |rows: &MemoryStore| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            ready(rows.remove_memberships(&key, &of, connected_at, &names))
        };
        Box::pin(self.call(Op::RemoveMemberships, scope, Some(id), None, apply))
    }

    fn connections<'a>(
        &'a self,
        query: &'a ConnectionsQuery<'a>,
    ) -> BoxFuture<'a, Result<ConnectionsPage, StoreError>> {
        let (empty, limit) = world(|w| (w.lots.permille(80), w.lots.among(1..5)));
        let (key, whom) = (query.scope.to_owned(), Whose::of(query.whom));
        let (since, cursor) = (query.connected_since, query.cursor.clone());
        let apply = move |rows: &MemoryStore| {
            if empty && let Some(cursor) = &cursor {
                return Ok(ConnectionsPage::new(Vec::new(), Some(cursor.clone())));
            }
            let limit = u32::try_from(limit).expect("a small number");
            let query =
                ConnectionsQuery::new(&key, whom.whom()).connected_since(since).limit(limit).after(cursor);
            let mut page = ready(rows.connections(&query))?;
            page.connections.retain(|listed| is_indexed(&listed.connection_id, ""));
            Ok(page)
        };
        Box::pin(self.call(Op::Connections, query.scope, None, None, apply))
    }
}

/// [`Whom`] with a name of its own.
enum Whose {
    User(String),
    Tenant(String),
    All(u16, u16),
}

impl Whose {
    fn of(whom: Whom<'_>) -> Self {
        match whom {
            Whom::User(user) => Self::User(user.to_owned()),
            Whom::Tenant(tenant) => Self::Tenant(tenant.to_owned()),
            Whom::All { segment, of } => Self::All(segment, of),
            _ => unreachable!("the kinds that there are"),
        }
    }

    fn whom(&self) -> Whom<'_> {
        match self {
            Self::User(user) => Whom::User(user),
            Self::Tenant(tenant) => Whom::Tenant(tenant),
            Self::All(segment, of) => Whom::All { segment: *segment, of: *of },
        }
    }
}
