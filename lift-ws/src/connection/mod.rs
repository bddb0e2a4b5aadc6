//! Connections: what is stored about them, and how to send to them.
//!
//! [`Connections`] is the handle that handlers take as an argument: it saves, finds, groups and posts.
//! What it stores goes through a [`ConnectionStore`](crate::store::ConnectionStore), what it sends through a
//! [`Poster`](crate::push::Poster).

mod admission;
mod audience;
mod base64;
mod broadcast;
mod builder;
mod cache;
mod callback_url;
mod clock;
mod connection_id;
mod deliver;
mod extract;
mod gate;
mod grant;
mod group;
mod handle;
mod handover;
mod identify;
mod identity;
mod joining;
mod lifecycle;
mod listing;
mod logout;
mod members;
mod message_id;
mod presence;
mod recipients;
mod record;
mod report;
mod send;
mod send_error;
mod sending;
mod settings;
pub(crate) mod tally;
mod target;
#[cfg(test)]
mod tests;
mod to;
mod turn;
mod waiting;

pub use self::admission::Admission;
pub use self::audience::Audience;
pub use self::base64::Base64;
pub use self::builder::ConnectionsBuilder;
pub use self::callback_url::{CALLBACK_URL_VARIABLE, CallbackUrl};
pub(crate) use self::clock::millis;
pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::extract::Connection;
pub use self::grant::Grant;
pub use self::group::Group;
pub use self::handle::Connections;
pub(crate) use self::handover::run as run_segment;
pub use self::handover::{BroadcastId, BroadcastStatus, HandingOver};
pub use self::identify::Identify;
pub use self::identity::Identity;
pub use self::listing::Found;
pub use self::logout::DisconnectReport;
pub use self::members::{Member, Members};
pub use self::presence::{Presence, Present};
pub use self::record::{RECORD_VERSION, Record};
pub use self::report::BroadcastReport;
pub use self::send_error::{SendError, SendErrorKind};
pub use self::settings::{MAX_MESSAGE_BYTES, Settings};
pub use self::to::To;
pub use crate::push::ConnectionInfo;
