//! What must be true when all is quiet, after a round of messages, and when everything has expired.

use std::time::Duration;

use lift_ws::connection::Connections;
use lift_ws::testing::simulation::sleep;
use serde_json::{Value, json};

use super::audience::Audience;
use super::promises::{GRACE, Promise};
use super::schedule::Driver;
use super::world::{GROUPS, SCOPES, State, TENANTS, USERS, now, scope_key, world};

/// A connection's whole life, and a quarter of an hour for a late `$disconnect`.
const RECORD_LIFE: u64 = (2 * 60 + 15) * 60 * 1_000;

pub(crate) async fn end(driver: &Driver) {
    world(|w| {
        w.note(|| "no more faults".to_owned());
        w.plan.store_faults = 0;
        w.plan.post_faults = 0;
        w.plan.crashes = 0;
        w.plan.short_deadlines = 0;
    });
    settle(driver).await;
    // what a fault made late has come by now
    sleep(Duration::from_secs(60)).await;
    settle(driver).await;
    driver.all_handed_over_is_done().await;
    all_is_quiet(driver);
    everybody_is_reached_and_the_gone_are_removed(driver).await;
    nothing_outlives_its_time(driver).await;
}

/// Waits until no invocation runs and none is on its way.
async fn settle(driver: &Driver) {
    loop {
        driver.pass_on();
        if driver.under_way.get() == 0
            && driver.environments.queue_is_empty()
            && world(|w| w.invocations.is_empty() && w.to_close.is_empty() && w.continuations.is_empty())
        {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

fn all_is_quiet(driver: &Driver) {
    let known: Vec<(String, usize, State, bool)> = world(|w| {
        if let Some(id) = w.owed.keys().next().cloned() {
            w.broken(Promise::OneDeparture, || {
                format!("the record of {id} was removed, and nobody was given it")
            });
        }
        let all = w.connections.iter();
        all.map(|(id, c)| (id.clone(), c.scope, c.state, w.tainted.contains(id))).collect()
    });
    for (id, scope, state, tainted) in known {
        let record = driver.store.record(&scope_key(scope), &id);
        for group in GROUPS {
            let rows = driver.store.members_of(&scope_key(scope), group);
            let is_row = rows.iter().any(|member| member.connection_id == id);
            let is_in = record.as_ref().is_some_and(|record| record.is_in(group));
            world(|w| {
                if state == State::Open && is_row != is_in {
                    w.broken(Promise::RowsAgree, || {
                        format!("{id} in `{group}`: its record says {is_in}, the group's row {is_row}")
                    });
                }
                if state == State::Closed && !tainted && is_row {
                    w.broken(Promise::NothingIsLeft, || format!("{id} has closed, and stands in `{group}`"));
                }
            });
        }
        world(|w| match state {
            State::Open if record.is_none() => {
                w.broken(Promise::LivingHasRecord, || format!("{id} lives and has no record"));
            }
            State::Closed if record.is_some() && !tainted => {
                w.broken(Promise::NothingIsLeft, || format!("{id} has closed, and its record is there"));
            }
            _ => {}
        });
    }
}

/// Without faults a message to a group reaches the living, finds the gone and removes them; the next finds none.
async fn everybody_is_reached_and_the_gone_are_removed(driver: &Driver) {
    sleep(Duration::from_millis(GRACE)).await;
    settle(driver).await;
    let groups = GROUPS.iter().map(|group| Audience::group(group));
    let users = USERS.iter().map(|user| Audience::User((*user).to_owned()));
    let tenants = TENANTS.iter().map(|tenant| Audience::Tenant((*tenant).to_owned()));
    let audiences: Vec<Audience> = groups.chain(users).chain(tenants).chain([Audience::All]).collect();
    for (scope, (api, stage)) in SCOPES.iter().enumerate() {
        let conns = driver.environments.connections();
        let conns = conns.at(format!("https://{api}.execute-api.eu-central-1.amazonaws.com/{stage}"));
        for audience in &audiences {
            for round in 0..2 {
                everybody_in(&conns, scope, audience, round).await;
            }
        }
    }
}

async fn everybody_in(conns: &Connections, scope: usize, audience: &Audience, round: u32) {
    let telling = world(|w| w.begin_broadcast(scope, audience.clone(), None, false));
    let report = match telling.send(conns, &json!({"n": telling.message})).await {
        Ok(report) => report,
        Err(error) => {
            return world(|w| w.broken(Promise::MembersAreReached, || format!("{audience:?}: {error}")));
        }
    };
    world(|w| {
        w.reported(telling.message, 0, &report);
        report.departed.iter().for_each(|record| w.departed(record));
        let living = w.certain_in(scope, audience).len();
        if report.delivered < living || report.delivered + report.gone < report.attempted() {
            w.broken(Promise::MembersAreReached, || format!("{living} live in {audience:?}: {report:?}"));
        }
        if !matches!(audience, Audience::Group(_)) && report.delivered > living {
            w.broken(Promise::OnlyTheAudience, || format!("{living} live in {audience:?}: {report:?}"));
        }
        if round == 1 && report.gone > 0 {
            w.broken(Promise::GoneAreRemoved, || format!("{audience:?} has gone members again: {report:?}"));
        }
    });
}

/// Everybody goes without `$disconnect`. Rows that the table has not yet removed count for nobody.
async fn nothing_outlives_its_time(driver: &Driver) {
    let last = world(|w| {
        w.plan.lost_disconnects = 1_000;
        let ids: Vec<String> = w.connections.keys().cloned().collect();
        for id in ids {
            w.taint(&id);
            w.close(&id);
        }
        w.connections.values().map(|connection| connection.connected_at).max().unwrap_or_default()
    });
    sleep(Duration::from_millis((last + RECORD_LIFE + 1_000).saturating_sub(now()))).await;
    for (scope, (api, stage)) in SCOPES.iter().enumerate() {
        let conns = driver.environments.connections();
        let conns = conns.at(format!("https://{api}.execute-api.eu-central-1.amazonaws.com/{stage}"));
        for group in GROUPS {
            let members = conns.members::<Value>(group).await.map(|members| members.len());
            let report = conns.group(group).send(&json!({})).await;
            world(|w| {
                if !matches!(members, Ok(0)) || !matches!(&report, Ok(report) if report.attempted() == 0) {
                    w.broken(Promise::ExpiredIsGone, || format!("`{group}` has {members:?} and {report:?}"));
                }
            });
        }
        let ids: Vec<String> = world(|w| {
            w.connections.iter().filter(|(_, c)| c.scope == scope).map(|(id, _)| id.clone()).collect()
        });
        for id in ids {
            if !matches!(conns.record(&id).await, Ok(None)) {
                world(|w| w.broken(Promise::ExpiredIsGone, || format!("the record of {id} is still used")));
            }
        }
    }
    driver.sweep();
    for scope in 0..SCOPES.len() {
        let key = scope_key(scope);
        let rows: usize = GROUPS.iter().map(|group| driver.store.members_of(&key, group).len()).sum();
        let records = driver.store.rows.records(&key).len();
        if rows + records > 0 {
            world(|w| {
                w.broken(Promise::NothingIsLeft, || format!("{rows} memberships and {records} records stay"))
            });
        }
    }
}
