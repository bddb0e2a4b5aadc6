//! Broadcasts that outlast one invocation: handed over to the queue, in segments, each of which goes on where it was.

mod give;
mod handing_over;
mod id;
mod page;
mod plan;
mod segment;
mod status;
mod turns;

pub use self::handing_over::HandingOver;
pub use self::id::BroadcastId;
pub(crate) use self::segment::run;
pub use self::status::BroadcastStatus;
