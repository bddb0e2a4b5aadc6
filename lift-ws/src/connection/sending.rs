//! What all ways of sending to many have in common.

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use serde::Serialize;

use super::broadcast::Broadcast;
use super::deliver::Repeat;
use super::message_id;
use super::recipients::Pages;
use super::send::{sized, to_json};
use super::turn::Letter;
use super::{BroadcastReport, Connections, SendError};
use crate::random::token;
use crate::store::Cursor;

/// Whom to leave out, where to go on, how often to try.
#[derive(Debug, Clone)]
pub(super) struct Sending<'a> {
    pub(super) connections: &'a Connections,
    pub(super) cursor: Option<Cursor>,
    pub(super) except: Vec<String>,
    pub(super) message_id: Option<String>,
}

impl<'a> Sending<'a> {
    pub(super) fn new(connections: &'a Connections) -> Self {
        Self { connections, cursor: None, except: Vec::new(), message_id: None }
    }

    pub(super) fn except(&mut self, connection_id: &str) {
        self.except.push(connection_id.to_owned());
    }

    pub(super) fn at_least_once(&mut self) {
        self.message_id.get_or_insert_with(token);
    }

    pub(super) fn message_id(&mut self, id: String) {
        self.message_id = Some(id);
    }

    /// The message as JSON, with its id where it has one.
    pub(super) fn json<T: Serialize + ?Sized>(&self, message: &T) -> Result<Bytes, SendError> {
        message_id::add(to_json(message)?, self.message_id.as_deref())
    }

    pub(super) async fn run(
        self,
        message: Bytes,
        pages: Pages<'_>,
        start: Cursor,
        group: Option<&str>,
    ) -> Result<BroadcastReport, SendError> {
        let letter = Letter {
            connections: self.connections,
            message: sized(message)?,
            url: self.connections.url()?,
            repeat: Repeat::with(self.message_id.as_deref()),
            has_warned: AtomicBool::new(false),
        };
        let broadcast =
            Broadcast { letter, group, except: &self.except, message_id: self.message_id.clone() };
        broadcast.run(pages, start).await
    }
}
