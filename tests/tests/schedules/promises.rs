//! The promises, and how each is seen to be broken.

use std::collections::BTreeSet;
use std::fmt;

use lift_ws::connection::{BroadcastReport, Record};

use super::audience::{Audience, Telling};
use super::executor;
use super::world::{Answer, Broadcast, Op, State, World, now};

/// How long a cached record may be used, and what a read may take on top.
pub(crate) const CACHE_LIFE: u64 = 60_000;
const READ: u64 = 500;
/// Older connections are gone if they answer 410.
pub(crate) const GRACE: u64 = 30_000;
/// How often a message is tried.
pub(crate) const TRIES: u32 = 3;

/// See the list in the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Promise {
    RefusedIsNotSaved,
    FailedSaveLeavesNothing,
    AcceptedIsSaved,
    LivingHasRecord,
    OneDeparture,
    DepartedAsItWas,
    NothingIsLeft,
    ExpiredIsGone,
    RowsAgree,
    MembersAreReached,
    OnlyTheAudience,
    NeverTwice,
    AtLeastOnce,
    ReportIsTrue,
    NothingStale,
    OwnWritesAreSeen,
    ScopesAreApart,
    CallBudget,
    YoungAreSpared,
    GoneAreRemoved,
    PresenceIsTrue,
    Ends,
}

#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) promise: Promise,
    pub(crate) how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.how)
    }
}

impl World {
    /// A record was removed by somebody.
    pub(crate) fn removed(&mut self, op: Op, record: &Record) {
        let id = record.connection_id().to_owned();
        let by_own_handshake = self
            .invocation()
            .is_some_and(|invocation| invocation.what == "$connect" && invocation.about == id);
        match self.state(&id) {
            Some(State::Open) => {
                self.broken(Promise::LivingHasRecord, || {
                    format!("{op:?} removed the record of {id}, which lives")
                });
            }
            Some(State::Handshaking) if !by_own_handshake => {
                self.broken(Promise::YoungAreSpared, || format!("{op:?} removed {id} during its handshake"));
            }
            _ => {}
        }
    }

    /// The caller of a removal gets the record: it, and nobody else, owes the announcement.
    pub(crate) fn handed_out(&mut self, record: &Record) {
        let id = record.connection_id().to_owned();
        let by = executor::current();
        let withdrawn = self
            .invocation()
            .is_some_and(|invocation| invocation.what == "$connect" && invocation.about == id);
        if !withdrawn {
            self.owed.insert(id, by);
        }
    }

    /// The app learns of a departure, and tells others.
    pub(crate) fn departed(&mut self, record: &Record) {
        let id = record.connection_id().to_owned();
        self.note(|| format!("departed {id}"));
        self.owed.remove(&id);
        let times = self.announced.entry(id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            self.broken(Promise::OneDeparture, || format!("the departure of {id} was given out twice"));
        }
        let seen: BTreeSet<String> = record.groups().map(str::to_owned).collect();
        let versions = self.versions.get(&id).map(Vec::as_slice).unwrap_or_default();
        let stored = versions.iter().rev().find_map(|version| version.groups.clone());
        if stored.as_ref() != Some(&seen) {
            self.broken(Promise::DepartedAsItWas, || {
                format!("{id} departed with the groups {seen:?}, stored were {stored:?}")
            });
        }
        let user = self.connections.get(&id).and_then(|connection| connection.user);
        if record.user() != user {
            let seen = record.user().map(str::to_owned);
            self.broken(Promise::DepartedAsItWas, || format!("{id} departed as {seen:?}, it was {user:?}"));
        }
    }

    /// A handler was given a record.
    pub(crate) fn observed(&mut self, record: &Record) {
        let id = record.connection_id().to_owned();
        let started = self.invocation().map_or(now(), |invocation| invocation.started);
        let (environment, oldest) = (self.environment(), started.saturating_sub(CACHE_LIFE + READ));
        let versions = self.versions.get(&id).cloned().unwrap_or_default();
        // the versions that were current at some time since then
        let first = versions.iter().rposition(|version| version.from <= oldest).unwrap_or(0);
        let current = &versions[first.min(versions.len())..];
        if !current.iter().any(|version| version.groups.is_some()) {
            self.broken(Promise::NothingStale, || {
                format!("{id} was seen, and has had no record for too long")
            });
        }
        for group in super::world::GROUPS {
            let seen = record.is_in(group);
            let was = |version: &super::world::Version| {
                version.groups.as_ref().is_some_and(|groups| groups.contains(group)) == seen
            };
            if !current.iter().any(was) {
                self.broken(Promise::NothingStale, || {
                    format!("{id} was seen in `{group}`: {seen}, which has not been so for the cache's life")
                });
            }
            if let Some((is_member, at)) = self.own.get(&(environment, id.clone(), group.to_owned())).copied()
                && at < started
                && is_member != seen
                && self.state(&id) == Some(State::Open)
            {
                self.broken(Promise::OwnWritesAreSeen, || {
                    format!("environment {environment} was told that {id} in `{group}` is {is_member}, and saw {seen}")
                });
            }
        }
        if let Some((revision, at)) = self.revisions.get(&(environment, id.clone())).copied()
            && at < started
            && u64::from(record.revision()) < revision
        {
            let seen = record.revision();
            self.broken(Promise::OwnWritesAreSeen, || {
                format!("environment {environment} was told revision {revision} of {id}, and saw {seen}")
            });
        }
        let user = self.connections.get(&id).and_then(|connection| connection.user);
        if record.user() != user {
            let seen = record.user().map(str::to_owned);
            self.broken(Promise::NothingStale, || format!("{id} was seen as {seen:?}, it is {user:?}"));
        }
    }

    pub(crate) fn begin_broadcast(
        &mut self,
        scope: usize,
        audience: Audience,
        except: Option<&str>,
        at_least_once: bool,
    ) -> Telling {
        let message = self.next_message();
        let mut expected = self.certain_in(scope, &audience);
        if let Some(except) = except {
            expected.remove(except);
        }
        self.note(|| format!("message {message} to {audience:?} of scope {scope}, expecting {expected:?}"));
        let telling = Telling {
            scope,
            audience: audience.clone(),
            except: except.map(str::to_owned),
            at_least_once,
            message,
            message_id: None,
            cursor: None,
        };
        let broadcast = Broadcast {
            scope,
            audience,
            except: except.map(str::to_owned),
            at_least_once,
            may_repeat: false,
            message_id: None,
            expected,
            started: now(),
            turned: BTreeSet::new(),
        };
        self.broadcasts.insert(message, broadcast);
        telling
    }

    pub(crate) fn tries(&self, message: u64) -> usize {
        self.posts.get(&message).map_or(0, Vec::len)
    }

    /// A send to many has reported: what it says is held against what the gateway saw since `from`.
    pub(crate) fn reported(&mut self, message: u64, from: usize, report: &BroadcastReport) {
        let Some(mut broadcast) = self.broadcasts.remove(&message) else { return };
        let mut last: std::collections::BTreeMap<&str, (Answer, bool)> = Default::default();
        for one in self.posts.get(&message).map(Vec::as_slice).unwrap_or_default().iter().skip(from) {
            last.insert(&one.to, (one.answer, one.handshaking));
        }
        let count = |answer| last.values().filter(|(last, _)| *last == answer).count();
        let handshaking = last.values().filter(|(answer, young)| *answer == Answer::Gone && *young).count();
        let seen = [
            count(Answer::Delivered),
            count(Answer::Gone),
            count(Answer::Throttled),
            count(Answer::Unknown),
            count(Answer::Failed),
        ];
        let said = [
            report.delivered,
            report.gone + report.connecting,
            report.throttled,
            report.unknown,
            report.failed,
        ];
        let turned: BTreeSet<String> = last.keys().map(|id| (*id).to_owned()).collect();
        let again = turned.intersection(&broadcast.turned).next().cloned();
        if seen != said {
            self.broken(Promise::ReportIsTrue, || {
                format!("message {message}: delivered, gone, throttled, unknown, failed: reported {said:?}, at the gateway {seen:?}")
            });
        }
        if report.attempted() != turned.len() || report.is_complete() && report.unsent > 0 {
            self.broken(Promise::ReportIsTrue, || format!("message {message}: {report:?} about {turned:?}"));
        }
        if report.connecting < handshaking {
            self.broken(Promise::YoungAreSpared, || {
                format!(
                    "message {message}: {handshaking} in their handshake, {} counted so",
                    report.connecting
                )
            });
        }
        if let Some(id) = again {
            self.broken(Promise::NeverTwice, || format!("message {message}: {id} had a second turn"));
        }
        if report.message_id.is_some() != broadcast.at_least_once
            || broadcast.message_id.is_some() && report.message_id != broadcast.message_id
        {
            let (said, seen) = (&report.message_id, &broadcast.message_id);
            self.broken(Promise::AtLeastOnce, || {
                format!("message {message} has the id {seen:?}, and its report says {said:?}")
            });
        }
        broadcast.turned.extend(turned);
        if report.is_complete() {
            self.completed(message, &broadcast);
        }
        self.broadcasts.insert(message, broadcast);
    }

    fn completed(&mut self, message: u64, broadcast: &Broadcast) {
        let still = self.certain_in(broadcast.scope, &broadcast.audience);
        let missed: Vec<&String> = broadcast
            .expected
            .intersection(&still)
            .filter(|id| self.belonged_before(broadcast, id))
            .filter(|id| !broadcast.turned.contains(*id))
            .collect();
        if !missed.is_empty() {
            let how =
                format!("message {message} to {:?} ended without a turn for {missed:?}", broadcast.audience);
            self.broken(Promise::MembersAreReached, || how);
        }
    }

    /// A broadcast that was handed over is done: everybody had a turn.
    pub(crate) fn handed_over_is_done(&mut self, message: u64) {
        let Some(mut broadcast) = self.broadcasts.remove(&message) else { return };
        let posts = self.posts.get(&message).map(Vec::as_slice).unwrap_or_default();
        broadcast.turned.extend(posts.iter().map(|one| one.to.clone()));
        self.completed(message, &broadcast);
    }

    /// With time left, nobody's fate stays unknown before all tries of a message that is sent at least once.
    pub(crate) fn has_tried_enough(&mut self, message: u64, from: usize) {
        let Some(broadcast) = self.broadcasts.get(&message).filter(|one| one.at_least_once) else { return };
        let tries = self.posts.get(&message).map(Vec::as_slice).unwrap_or_default();
        let answers = |id: &str| {
            let of = tries.iter().skip(from).filter(|one| one.to == id);
            of.map(|one| one.answer).collect::<Vec<_>>()
        };
        let given_up = broadcast.turned.iter().find(|id| {
            let answers = answers(id);
            answers.len() < TRIES as usize && answers.last() == Some(&Answer::Unknown)
        });
        if let Some(id) = given_up.cloned() {
            self.broken(Promise::AtLeastOnce, || {
                format!("nobody knows whether message {message} reached {id}, and it was not sent again")
            });
        }
    }

    /// An invocation has ended by itself: did it ask more of the store than it may?
    pub(crate) fn within_budget(&mut self, status: u64) {
        let Some(invocation) = self.invocation() else { return };
        if invocation.faults > 0 {
            return;
        }
        let (what, about, calls) =
            (invocation.what, invocation.about.clone(), std::mem::take(&mut invocation.calls));
        let count = |op| calls.iter().filter(|call| **call == op).count();
        let groups = self.connections.get(&about).map_or(0, |connection| connection.groups.len());
        let kept = match what {
            // the handler of this route refuses before anything is stored, or all of it is stored
            "$connect" if status == 200 => {
                // a handler that posts to its own connection meets a 410, which asks for the record once
                calls.len() - count(Op::DeleteGone) == 1 + groups
                    && count(Op::Put) == 1
                    && count(Op::Join) == groups
            }
            "$connect" => status != 403 || calls.is_empty(),
            "ping" => calls.is_empty(),
            "whoami" => calls.len() == count(Op::Get) && calls.len() <= 1,
            "join" => count(Op::Join) <= 1 && count(Op::Get) <= 1 && calls.len() <= 2,
            "leave" => count(Op::Leave) <= 1 && count(Op::Get) <= 1 && calls.len() <= 2,
            "$disconnect" => count(Op::Delete) == 1 && count(Op::Put) + count(Op::Get) == 0,
            _ => true,
        };
        if !kept {
            self.broken(Promise::CallBudget, || format!("{what} of {about} made the calls {calls:?}"));
        }
    }
}
