//! Tickets: good once, for half a minute.

#[cfg(feature = "aws")]
mod dynamodb;
mod memory;
mod middleware;
mod secret;
mod store;
mod stored;
mod tickets;

#[cfg(feature = "aws")]
pub use self::dynamodb::DynamoTicketStore;
pub use self::memory::MemoryTicketStore;
pub use self::middleware::redeem_ticket;
pub use self::store::TicketStore;
pub use self::stored::Ticket;
pub use self::tickets::Tickets;
