//! Execution environments: the processes that run a function.

mod function;
mod output;
mod pool;
mod process;
mod request_id;
mod variables;

pub use function::Function;
pub use pool::EnvironmentId;
pub(crate) use pool::{Delivery, FunctionAnswer, Invocation, Pool, PoolAction, PoolSettings, Receipt};
pub(crate) use process::{Launcher, Process};
pub(crate) use request_id::RequestId;
pub(crate) use variables::Endpoints;
