//! The app under test: what an app does with connections, and what it was told, noted.

use lift_ws::connection::{BroadcastReport, Record, SendErrorKind};
use lift_ws::prelude::*;
use lift_ws::store::StoreErrorKind;
use lift_ws::testing::simulation::{self, sleep};
use serde_json::{Value, json};
use std::time::Duration;

use super::audience::{Audience, Telling};
use super::promises::Promise;
use super::store::LAG;
use super::world::{Answer, GROUPS, SCOPES, State as Is, World, now, world};

/// Longer than the longest pause between two tries of a message.
const PAUSE: Duration = Duration::from_secs(4);

/// What a handler panics with that is meant to.
pub(crate) const WANTED: &str = "a panic that the schedule wants";

#[derive(Deserialize)]
struct Hello {
    user: Option<String>,
    tenant: Option<String>,
    groups: Option<String>,
    how: String,
}

#[ws_route("$connect")]
async fn connect(
    conns: Connections,
    id: ConnectionId<'_>,
    Query(hello): Query<Hello>,
) -> Result<Accept, Reject> {
    match hello.how.as_str() {
        "refuse" => return Err(Reject::forbidden()),
        "panic" => std::panic::panic_any(WANTED),
        "post" => post_to_myself(&conns, &id).await,
        "slow" => sleep(Duration::from_millis(1_500)).await,
        _ => {}
    }
    let accept = hello.user.map_or_else(Accept::new, |user| Accept::new().user(user));
    let accept = match hello.tenant {
        Some(tenant) => accept.tenant(tenant),
        None => accept,
    };
    let groups = hello.groups.unwrap_or_default();
    Ok(groups.split(',').filter(|group| !group.is_empty()).fold(accept, |accept, group| accept.group(group)))
}

/// On AWS this answers 410, and must do no harm.
async fn post_to_myself(conns: &Connections, id: &str) {
    let n = world(|w| w.next_message());
    if conns.send(id, &json!({"n": n})).await.is_ok() {
        world(|w| w.broken(Promise::YoungAreSpared, || format!("{id} was reached inside its handshake")));
    }
}

#[ws_route("ping")]
async fn ping() -> Json<u8> {
    Json(1)
}

#[ws_route("whoami")]
async fn whoami(me: Connection<'_>) -> Json<Value> {
    world(|w| w.observed(me.record()));
    Json(json!({"known": true}))
}

#[derive(Deserialize)]
struct InGroup {
    group: String,
}

#[ws_route("join")]
async fn join(conns: Connections, id: ConnectionId<'_>, Json(m): Json<InGroup>) -> Result<(), Error> {
    let change = world(|w| w.begin_change(&id, &m.group));
    match conns.join(id, &m.group, &7).await {
        Ok(_) => {
            world(|w| w.end_change(&id, &m.group, change, true));
            Ok(())
        }
        Err(error) => {
            unknown_only_if_gone(&id, error.kind());
            Err(error.into())
        }
    }
}

#[ws_route("leave")]
async fn leave(conns: Connections, id: ConnectionId<'_>, Json(m): Json<InGroup>) -> Result<(), Error> {
    let change = world(|w| {
        w.members.remove(&((*id).to_owned(), m.group.clone()));
        w.begin_change(&id, &m.group)
    });
    conns.leave(id, &m.group).await?;
    world(|w| w.end_change(&id, &m.group, change, false));
    Ok(())
}

/// Who it is stays; what the app keeps about it changes.
#[ws_route("identify")]
async fn identify(conns: Connections, id: ConnectionId<'_>) -> Result<(), Error> {
    match conns.identify(&*id).attributes(&7).await {
        Ok(record) => world(|w| w.identified(&id, u64::from(record.revision()))),
        Err(error) => {
            unknown_only_if_gone(&id, error.kind());
            Err(error)?;
        }
    }
    Ok(())
}

fn unknown_only_if_gone(id: &str, kind: StoreErrorKind) {
    if kind == StoreErrorKind::UnknownConnection {
        world(|w| {
            if w.state(id) == Some(Is::Open) {
                w.broken(Promise::LivingHasRecord, || format!("{id} lives and was called unknown"));
            }
        });
    }
}

#[derive(Deserialize)]
struct Say {
    audience: Audience,
    except: bool,
    /// At least once.
    again: bool,
}

#[ws_route("say")]
async fn say(
    conns: Connections,
    id: ConnectionId<'_>,
    at: RequestContext<'_>,
    Json(m): Json<Say>,
) -> Result<(), Error> {
    let scope = scope_of(at.stage());
    let except = m.except.then_some(&*id);
    let telling = world(|w| w.begin_broadcast(scope, m.audience, except, m.again));
    let departed = tell(&conns, telling).await;
    announce(&conns, scope, departed).await;
    Ok(())
}

#[derive(Deserialize)]
struct Direct {
    to: String,
}

#[ws_route("direct")]
async fn direct(conns: Connections, at: RequestContext<'_>, Json(m): Json<Direct>) -> Result<(), Error> {
    let (n, was) = world(|w| (w.next_message(), w.state(&m.to)));
    let outcome = conns.send(&m.to, &json!({"n": n})).await;
    let departed = outcome.as_ref().err().and_then(|error| error.departed().cloned());
    let kind = outcome.as_ref().err().map(|error| error.kind());
    world(|w| {
        let last = w.posts.get(&n).and_then(|tries| tries.last()).map(|one| (one.answer, one.handshaking));
        let is_true = match (kind, last) {
            (None, Some((Answer::Delivered, _))) => true,
            (Some(SendErrorKind::Connecting), Some((Answer::Gone, _))) => true,
            (Some(SendErrorKind::Gone), Some((Answer::Gone, handshaking))) => {
                !handshaking || departed.is_none()
            }
            (Some(SendErrorKind::Throttled), Some((Answer::Throttled, _))) => true,
            (Some(SendErrorKind::UnknownOutcome), Some((Answer::Unknown, _))) => true,
            (Some(SendErrorKind::Refused | SendErrorKind::Unreachable), Some((Answer::Failed, _))) => true,
            (Some(SendErrorKind::NotSent), None) => true,
            _ => false,
        };
        if !is_true {
            w.broken(Promise::ReportIsTrue, || {
                format!("message {n} to {} (then {was:?}): reported {kind:?}, at the gateway {last:?}", m.to)
            });
        }
    });
    if let Some(record) = departed {
        world(|w| w.departed(&record));
        announce(&conns, scope_of(at.stage()), vec![record]).await;
    }
    Ok(())
}

#[ws_route("kick")]
async fn kick(conns: Connections, at: RequestContext<'_>, Json(m): Json<Direct>) -> Result<(), Error> {
    if let Err(error) = conns.disconnect(&m.to).await
        && let Some(record) = error.departed()
    {
        world(|w| w.departed(record));
        announce(&conns, scope_of(at.stage()), vec![record.clone()]).await;
    }
    Ok(())
}

/// Who is in a group: everybody who certainly is, nobody who certainly is not.
#[ws_route("members")]
async fn members(conns: Connections, at: RequestContext<'_>, Json(m): Json<InGroup>) -> Result<(), Error> {
    let scope = scope_of(at.stage());
    let before = world(|w| w.certain_members(scope, &m.group));
    let started = now();
    let found = conns.members::<Value>(&m.group).await?;
    world(|w| {
        let after = w.certain_members(scope, &m.group);
        for id in before.intersection(&after) {
            let since = w.members.get(&(id.clone(), m.group.clone())).copied().unwrap_or(u64::MAX);
            if since <= started && !found.iter().any(|member| member.connection_id == *id) {
                w.broken(Promise::MembersAreReached, || format!("{id} is missing in `{}`", m.group));
            }
        }
    });
    found.iter().for_each(|member| is_of_scope_and_alive(&member.connection_id, scope, started));
    Ok(())
}

/// Who is in a group, as people: every user once, with all devices that certainly are there.
#[ws_route("presence")]
async fn presence(conns: Connections, at: RequestContext<'_>, Json(m): Json<InGroup>) -> Result<(), Error> {
    let scope = scope_of(at.stage());
    let (before, started) = world(|w| (w.certain_members(scope, &m.group), now()));
    let presence = conns.presence::<Value>(&m.group).await?;
    world(|w| {
        let mut found: Vec<(&str, Option<&str>)> =
            presence.anonymous.iter().map(|member| (&*member.connection_id, None)).collect();
        for present in &presence.users {
            found.extend(present.connections.iter().map(|one| (&*one.connection_id, Some(&*present.user))));
        }
        let mut users: Vec<&str> = presence.users.iter().map(|present| &*present.user).collect();
        users.sort_unstable();
        users.dedup();
        if users.len() != presence.users.len() || found.len() != presence.connections() {
            w.broken(Promise::PresenceIsTrue, || format!("a user is in `{}` twice", m.group));
        }
        for id in w.certain_members(scope, &m.group).intersection(&before) {
            let since = w.members.get(&(id.clone(), m.group.clone())).copied().unwrap_or(u64::MAX);
            let times = found.iter().filter(|one| **one == (id.as_str(), w.connections[id].user)).count();
            if since <= started && times != 1 {
                w.broken(Promise::PresenceIsTrue, || format!("{id} is {times} times in `{}`", m.group));
            }
        }
    });
    Ok(())
}

/// Whose connections there are, from an index that lags behind.
#[ws_route("list")]
async fn list(conns: Connections, at: RequestContext<'_>, Json(m): Json<Listing>) -> Result<(), Error> {
    let (scope, user) = (scope_of(at.stage()), m.user.as_str());
    let of = |w: &World| w.living_of(scope, Some(user).filter(|user| !user.is_empty()));
    let (before, started) = world(|w| (of(w), now()));
    let found = if user.is_empty() { conns.find_all().await? } else { conns.find_user(user).await? };
    world(|w| {
        let after = of(w);
        for id in before.intersection(&after).filter(|id| w.connections[*id].was_open_for(LAG, started)) {
            let times = found.iter().filter(|listed| listed.connection_id == *id).count();
            if times != 1 {
                w.broken(Promise::MembersAreReached, || format!("{id} is listed {times} times"));
                break;
            }
        }
    });
    found.iter().for_each(|listed| is_of_scope_and_alive(&listed.connection_id, scope, started));
    Ok(())
}

#[derive(Deserialize)]
struct Listing {
    user: String,
}

fn is_of_scope_and_alive(id: &str, scope: usize, started: u64) {
    world(|w| {
        let Some(connection) = w.connections.get(id) else { return };
        if connection.scope != scope {
            w.broken(Promise::ScopesAreApart, || format!("{id} is in another scope"));
        } else if connection.is_older_than(2 * 60 * 60 * 1_000, started) {
            w.broken(Promise::ExpiredIsGone, || format!("{id} can no longer be connected"));
        }
    });
}

#[ws_route("$disconnect")]
async fn bye(conns: Connections, at: RequestContext<'_>, me: Option<Connection<'_>>) {
    if let Some(me) = me {
        world(|w| w.departed(me.record()));
        announce(&conns, scope_of(at.stage()), vec![me.record().clone()]).await;
    }
}

#[ws_app(
    routes = [connect, ping, whoami, join, leave, identify, say, direct, kick, members, presence, list, bye],
    queue = true
)]
pub(crate) struct Schedule;

fn scope_of(stage: &str) -> usize {
    SCOPES.iter().position(|(_, name)| *name == stage).expect("the model has this stage")
}

/// Sends to many, on from a cursor, and checks the report. Returns whose departure it found.
pub(crate) async fn tell(conns: &Connections, telling: Telling) -> Vec<Record> {
    let message = telling.message;
    let from = world(|w| w.tries(message));
    let outcome = telling.send(conns, &json!({"n": message})).await;
    let report = match &outcome {
        Ok(report) => {
            world(|w| w.reported(message, from, report));
            // the longest pause between two tries is shorter
            if conns.deadline().is_none_or(|due| simulation::now().is_some_and(|now| now + PAUSE < due)) {
                world(|w| w.has_tried_enough(message, from));
            }
            Some(report)
        }
        Err(error) => error.report(),
    };
    let departed = report.map(|report| report.departed.clone()).unwrap_or_default();
    world(|w| departed.iter().for_each(|record| w.departed(record)));
    if let Ok(BroadcastReport { cursor: Some(cursor), message_id, .. }) = outcome {
        world(|w| {
            w.note(|| format!("message {message} stopped at {cursor}"));
            w.continuations.push(Telling { cursor: Some(cursor), message_id, ..telling });
        });
    }
    departed
}

/// Tells the groups of those who departed, and of those who turn out to be gone meanwhile.
pub(crate) async fn announce(conns: &Connections, scope: usize, mut departed: Vec<Record>) {
    while let Some(gone) = departed.pop() {
        for group in gone.groups().filter(|group| GROUPS.contains(group)) {
            let telling = world(|w| w.begin_broadcast(scope, Audience::group(group), None, false));
            departed.extend(tell(conns, telling).await);
        }
    }
}
