//! Whom a message is for, and who certainly belongs to them.

use std::collections::BTreeSet;

use lift_ws::connection::{BroadcastReport, Connections, SendError};
use lift_ws::store::Cursor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::store::LAG;
use super::world::{Broadcast, Connection, State, World};

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Audience {
    Group(String),
    User(String),
    Tenant(String),
    All,
}

impl Audience {
    pub(crate) fn group(name: &str) -> Self {
        Self::Group(name.to_owned())
    }

    /// Whether a connection is one of them, for groups as far as it ever asked to be.
    fn may_have(&self, w: &World, id: &str, connection: &Connection) -> bool {
        match self {
            Self::Group(group) => {
                let asked = w.changes.contains_key(&(id.to_owned(), group.clone()));
                asked || connection.groups.contains(&group.as_str())
            }
            Self::User(user) => connection.user == Some(user),
            Self::Tenant(tenant) => connection.tenant == Some(tenant),
            Self::All => true,
        }
    }
}

/// A message as the app gives it to the library.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    pub(crate) scope: usize,
    pub(crate) audience: Audience,
    pub(crate) except: Option<String>,
    pub(crate) at_least_once: bool,
    pub(crate) message: u64,
    /// The id that an earlier call gave the message.
    pub(crate) message_id: Option<String>,
    /// Where an earlier call has stopped.
    pub(crate) cursor: Option<Cursor>,
}

/// Calls a way of sending on what an audience is in the library: the types differ, the words do not.
macro_rules! to_audience {
    ($telling:expr, $conns:expr, $send:ident($value:expr)) => {{
        macro_rules! to {
            ($to:expr) => {{
                let mut to = $to;
                if let Some(except) = &$telling.except {
                    to = to.except(except);
                }
                if let Some(cursor) = &$telling.cursor {
                    to = to.resume(cursor.clone());
                }
                match &$telling.message_id {
                    Some(id) => to = to.message_id(id),
                    None if $telling.at_least_once => to = to.at_least_once(),
                    None => {}
                }
                to.$send($value).await
            }};
        }
        match &$telling.audience {
            $crate::audience::Audience::Group(group) => to!($conns.group(group)),
            $crate::audience::Audience::User(user) => to!($conns.user(user)),
            $crate::audience::Audience::Tenant(tenant) => to!($conns.tenant(tenant)),
            $crate::audience::Audience::All => to!($conns.all()),
        }
    }};
}
pub(crate) use to_audience;

impl Telling {
    /// Sends it, in the way of its audience.
    pub(crate) async fn send(
        &self,
        conns: &Connections,
        value: &Value,
    ) -> Result<BroadcastReport, SendError> {
        to_audience!(self, conns, send(value))
    }
}

impl World {
    /// Who certainly belongs to an audience now.
    pub(crate) fn certain_in(&self, scope: usize, audience: &Audience) -> BTreeSet<String> {
        if let Audience::Group(group) = audience {
            return self.certain_members(scope, group);
        }
        let living = self.connections.iter().filter(|(_, c)| c.scope == scope && c.state == State::Open);
        living.filter(|(id, c)| audience.may_have(self, id, c)).map(|(id, _)| id.clone()).collect()
    }

    /// Whether one who certainly belongs to an audience has done so since before the message, and the index knows it.
    pub(crate) fn belonged_before(&self, broadcast: &Broadcast, id: &str) -> bool {
        match &broadcast.audience {
            // who left and joined again meanwhile may have been away when the page was read
            Audience::Group(group) => self
                .members
                .get(&(id.to_owned(), group.clone()))
                .is_some_and(|since| *since <= broadcast.started),
            _ => self.connections.get(id).is_some_and(|one| one.was_open_for(LAG, broadcast.started)),
        }
    }

    /// Why a connection must not get a message, if so.
    pub(crate) fn outside(&self, broadcast: &Broadcast, id: &str) -> Option<String> {
        if broadcast.except.as_deref() == Some(id) {
            return Some("was excepted".to_owned());
        }
        let connection = self.connections.get(id)?;
        let is_one = broadcast.audience.may_have(self, id, connection);
        (!is_one).then(|| format!("is not of {:?}", broadcast.audience))
    }
}
