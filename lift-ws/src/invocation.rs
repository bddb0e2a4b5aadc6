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
    /// The X-Ray trace header, if tracing is on.
    pub trace_id: Option<&'e str>,
}

impl Invocation<'_> {
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
