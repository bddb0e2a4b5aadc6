//! Broadcasts that outlast one invocation: the message once, and how far each segment has come.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{BoxFuture, Cursor, StoreError};

/// A broadcast as it is kept: what its segments have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredBroadcast {
    /// Whom it goes to and how, as JSON text: the store need not know.
    pub plan: String,
    /// What is sent.
    pub message: Bytes,
    /// How many segments there are.
    pub segments: u16,
    /// When it may be forgotten, in seconds since the epoch.
    pub expires_at: u64,
}

impl StoredBroadcast {
    /// A broadcast.
    #[must_use]
    pub fn new(plan: impl Into<String>, message: impl Into<Bytes>, segments: u16, expires_at: u64) -> Self {
        Self { plan: plan.into(), message: message.into(), segments, expires_at }
    }
}

/// How many recipients had which outcome, as in a [`BroadcastReport`](crate::connection::BroadcastReport).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BroadcastCounts {
    /// The gateway took the message.
    pub delivered: u64,
    /// The connection had closed. Its record stays: a segment on the queue has nobody to announce the departure.
    pub gone: u64,
    /// The connection is so young that its handshake may still be going on.
    pub connecting: u64,
    /// The gateway asked to slow down until tries or time ran out.
    pub throttled: u64,
    /// Nobody knows whether the message arrived.
    pub unknown: u64,
    /// The gateway refused the message, or could not be reached.
    pub failed: u64,
}

impl BroadcastCounts {
    /// How many had a turn.
    #[must_use]
    pub fn attempted(&self) -> u64 {
        self.delivered + self.gone + self.connecting + self.throttled + self.unknown + self.failed
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            delivered: self.delivered + other.delivered,
            gone: self.gone + other.gone,
            connecting: self.connecting + other.connecting,
            throttled: self.throttled + other.throttled,
            unknown: self.unknown + other.unknown,
            failed: self.failed + other.failed,
        }
    }
}

/// How far a segment has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentState {
    /// Everyone up to here had a turn; `None` before the first checkpoint.
    pub cursor: Option<Cursor>,
    /// What became of them.
    pub counts: BroadcastCounts,
    /// Who is to have another turn: the gateway asked to slow down when they had theirs, or was not reached.
    pub postponed: Vec<Postponed>,
    /// Everyone had a turn.
    pub done: bool,
}

/// A recipient that is to have another turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Postponed {
    /// The connection.
    #[serde(rename = "i")]
    pub connection_id: String,
    /// When it connected, in milliseconds since the epoch.
    #[serde(rename = "c")]
    pub connected_at: u64,
}

impl Postponed {
    /// A recipient.
    #[must_use]
    pub fn new(connection_id: impl Into<String>, connected_at: u64) -> Self {
        Self { connection_id: connection_id.into(), connected_at }
    }
}

/// Who wants to work on a segment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claim<'a> {
    /// A name that nobody else has.
    pub owner: &'a str,
    /// The number of the message that asks for it: a continuation has the next.
    pub turn: u32,
    /// Now, in milliseconds since the epoch.
    pub now: u64,
    /// Until when nobody else may, in milliseconds since the epoch.
    pub until: u64,
    /// When the row may be forgotten, in seconds since the epoch.
    pub expires_at: u64,
}

impl<'a> Claim<'a> {
    /// A claim from `now` until `until`.
    #[must_use]
    pub fn new(owner: &'a str, turn: u32, now: u64, until: u64, expires_at: u64) -> Self {
        Self { owner, turn, now, until, expires_at }
    }
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claimed {
    /// Go on from here.
    Yours(SegmentState),
    /// There is nothing left to do.
    Done,
    /// A later message has been at work: this one has nothing left to do.
    Passed,
    /// Somebody else is at work, for as long as this (milliseconds since the epoch).
    Busy {
        /// Until then.
        until: u64,
    },
}

/// What [`Connections`](crate::connection::Connections) asks of a place that keeps broadcasts.
///
/// It is part of a [`ConnectionStore`](super::ConnectionStore):
/// [`broadcasts`](super::ConnectionStore::broadcasts) gives it. All operations may be repeated without harm.
/// [`testing::store_contract`](crate::testing::store_contract) checks it with the rest.
pub trait BroadcastStore: fmt::Debug + Send + Sync {
    /// Keeps a broadcast.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn save<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        broadcast: &'a StoredBroadcast,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Reads a broadcast that was saved, as it is (a consistent read).
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn load<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredBroadcast>, StoreError>>;

    /// Takes a segment for a time, if nobody else has it. An owner may take its own again.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn claim<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        claim: &'a Claim<'a>,
    ) -> BoxFuture<'a, Result<Claimed, StoreError>>;

    /// Writes down how far a segment has come, and gives it back if `release` says so. `false` if somebody else has
    /// taken it since; nothing was written then.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    fn checkpoint<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        owner: &'a str,
        state: &'a SegmentState,
        release: bool,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// How far the segments have come that somebody has worked on, in their order.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn segments<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SegmentState>, StoreError>>;

    /// In how many shards a group's members stand, each to be read by itself.
    fn group_shards(&self) -> u16 {
        1
    }
}
