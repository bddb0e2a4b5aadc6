//! JSON lines on Lambda, lines for people at home.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// Installs a subscriber unless there is one already. `AWS_LAMBDA_LOG_LEVEL` beats `RUST_LOG` (contract §7.2);
/// the format is JSON unless `LIFT_WS_LOG=human` (the local gateway sets it) or `AWS_LAMBDA_LOG_FORMAT=Text`.
pub(super) fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").or_else(|_| std::env::var("RUST_LOG"));
    let filter = without_payloads(EnvFilter::builder().parse_lossy(level.as_deref().unwrap_or("info")));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v.eq_ignore_ascii_case(value));
    let human = is("LIFT_WS_LOG", "human");
    let colours = human && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let installed = if human || is("AWS_LAMBDA_LOG_FORMAT", "text") {
        // one kind of line for both, since each costs 20 KiB of binary; CloudWatch adds the time
        lines.without_time().compact().with_ansi(colours).finish().try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().try_init()
    };
    drop(installed); // somebody else's subscriber stays
}

/// At `trace`, which a switch of the Lambda console sets, lambda_runtime writes whole events down, and with them the
/// tokens of handshakes. It logs nothing else there but errors.
fn without_payloads(filter: EnvFilter) -> EnvFilter {
    if filter.max_level_hint() != Some(LevelFilter::TRACE) {
        return filter;
    }
    match "lambda_runtime::layers::api_response=error".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    /// Whether lambda_runtime's payloads at `trace`, its errors, and what others say at `trace` are written.
    fn written(level: &str) -> [bool; 3] {
        let filter = without_payloads(EnvFilter::builder().parse_lossy(level));
        tracing::subscriber::with_default(tracing_subscriber::fmt().with_env_filter(filter).finish(), || {
            [
                tracing::enabled!(target: "lambda_runtime::layers::api_response", Level::TRACE),
                tracing::enabled!(target: "lambda_runtime::layers::api_response", Level::ERROR),
                tracing::enabled!(target: "my_app", Level::TRACE),
            ]
        })
    }

    #[test]
    fn whole_events_are_never_written_and_errors_are() {
        for (level, others) in
            [("trace", true), ("lambda_runtime=trace", false), ("trace,lambda_runtime::layers=trace", true)]
        {
            assert_eq!(written(level), [false, true, others], "{level}");
        }
        let asked_for = "info,lambda_runtime::layers::api_response=trace";
        assert_eq!(written(asked_for), [false, true, false], "not even where somebody asks for them");
    }

    #[test]
    fn a_level_that_has_no_payloads_stays_as_it_was_said() {
        assert_eq!(written("info"), [false, true, false]);
        assert_eq!(written("off"), [false, false, false]);
    }
}
