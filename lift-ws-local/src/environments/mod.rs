//! Execution environments: the processes that run a function.

mod environment;
mod function;
mod guardian;
mod init_failure;
mod invocation;
mod output;
mod pool;
mod process;
mod process_groups;
mod request_id;
mod variables;

pub use environment::EnvironmentId;
pub use function::Function;
pub(crate) use invocation::{Delivery, FunctionAnswer, Invocation, Receipt, Source, Work};
pub(crate) use pool::{Overdue, Pool, PoolAction, PoolSettings};
pub(crate) use process::{Launcher, Process};
pub(crate) use process_groups::ProcessGroups;
pub(crate) use request_id::{RequestId, RequestIds};
pub(crate) use variables::{Endpoints, QueueEndpoint};
