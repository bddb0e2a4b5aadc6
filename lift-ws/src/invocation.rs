//! The Lambda invocation that brought an event.

use std::time::{Duration, SystemTime};

/// What Lambda says about the invocation: its id, its deadline, its trace.
///
/// Handlers may take it as an argument.
#[derive(Clone, Copy, Debug, Default)]
pub struct Invocation<'e> {
    /// Lambda's id of the invocation (not the gateway's [`request_id`](crate::Event::request_id)).
    pub request_id: &'e str,
    /// When Lambda ends the invocation, in milliseconds since the epoch; 0 if nobody set one.
    pub deadline_ms: u64,
    /// The ARN that was invoked, version or alias included.
    pub invoked_function_arn: &'e str,
    /// The X-Ray trace header, if tracing is on. It comes with the invocation, so that it is right also where several run
    /// at once, and no environment variable could be (contract §7).
    pub trace_id: Option<&'e str>,
}

impl<'e> Invocation<'e> {
    /// X-Ray's id of the trace, such as `1-5759e988-bd862e3fe1be46a994272793`: the root of the [header](Self::trace_id).
    pub fn trace_root(&self) -> Option<&'e str> {
        let root = self.trace_id?.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
        Some(root).filter(|root| !root.is_empty())
    }

    /// When Lambda ends the invocation; `None` if nobody set a deadline.
    pub fn deadline(&self) -> Option<SystemTime> {
        (self.deadline_ms > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(self.deadline_ms))
    }
}

#[cfg(feature = "lambda")]
impl<'e> From<&'e lambda_runtime::Context> for Invocation<'e> {
    fn from(context: &'e lambda_runtime::Context) -> Self {
        Invocation {
            request_id: &context.request_id,
            deadline_ms: context.deadline,
            invoked_function_arn: &context.invoked_function_arn,
            trace_id: context.xray_trace_id.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_trace_is_found_where_it_stands() {
        for (header, root) in [
            (
                Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"),
                Some("1-5759e988-bd862e3fe1be46a994272793"),
            ),
            (Some("Self=1-2; Root=1-3"), Some("1-3")),
            (Some("Root="), None),
            (Some("nonsense"), None),
            (None, None),
        ] {
            assert_eq!(
                Invocation { trace_id: header, ..Invocation::default() }.trace_root(),
                root,
                "{header:?}"
            );
        }
    }
}
