//! `--no-timeouts`: time for somebody who looks at a function that a debugger has stopped.

use std::time::Duration;

use lift_ws_local::core::Limits;
use lift_ws_local::project::Project;
use lift_ws_local::{Function, LocalGatewayBuilder};

/// Nobody looks longer at a breakpoint, and it is the longest that SQS hides a message.
const FOR_EVER: Duration = Duration::from_secs(12 * 60 * 60);

/// What lift-ws in the function takes for the gateway's patience, in seconds; otherwise it would give up sending after AWS's.
const PATIENCE: &str = "LIFT_WS_INTEGRATION_TIMEOUT";

/// Lifts all limits that a stopped function, or a client that waits for it, would meet. That a connection ends after two
/// hours stays: nothing that waits is in its way.
pub(super) fn lift(builder: LocalGatewayBuilder) -> LocalGatewayBuilder {
    builder.limits(limits()).function_timeout(FOR_EVER).init_timeout(FOR_EVER)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.integration_timeout = FOR_EVER;
    limits.idle_timeout = FOR_EVER;
    limits
}

/// The same for what the project says of its functions, which are told of it.
pub(super) fn lift_of(project: &mut Project) {
    for function in &mut project.functions {
        function.timeout = None;
        function.function = apply(true, function.function.clone());
    }
}

/// The same function, told that there is as much time if there is.
pub(super) fn apply(no_timeouts: bool, function: Function) -> Function {
    if no_timeouts { function.env(PATIENCE, FOR_EVER.as_secs().to_string()) } else { function }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lifted_but_what_a_stopped_function_or_its_client_would_meet() {
        let (usual, lifted) = (Limits::default(), limits());
        assert!(lifted.integration_timeout > usual.connection_duration);
        assert!(lifted.idle_timeout > usual.connection_duration);
        let mut back = lifted;
        (back.integration_timeout, back.idle_timeout) = (usual.integration_timeout, usual.idle_timeout);
        assert_eq!(back, usual);
    }
}
