//! How long the SDK's calls may take.

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

/// One try of a request: services answer in milliseconds, and the SDK has no limit of its own.
const ATTEMPT: Duration = Duration::from_secs(3);

/// The timeouts of a configuration, with a limit for each try unless it says one itself.
pub(crate) fn limited(config: &SdkConfig) -> TimeoutConfig {
    let own = config.timeout_config();
    let timeouts = own.map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
    match own.and_then(TimeoutConfig::operation_attempt_timeout) {
        Some(_) => timeouts.build(),
        None => timeouts.operation_attempt_timeout(ATTEMPT).build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_is_limited_unless_the_configuration_says_how_long_it_may_take() {
        let config = |timeouts: Option<TimeoutConfig>| {
            let mut config = SdkConfig::builder();
            config.set_timeout_config(timeouts);
            limited(&config.build())
        };
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(config(None).operation_attempt_timeout(), Some(ATTEMPT));
        let own = TimeoutConfig::builder().operation_attempt_timeout(second).build();
        assert_eq!(config(Some(own)).operation_attempt_timeout(), Some(second));
        let whole = config(Some(TimeoutConfig::builder().operation_timeout(minute).build()));
        assert_eq!(whole.operation_timeout(), Some(minute), "what it says of other things stays");
        assert_eq!(whole.operation_attempt_timeout(), Some(ATTEMPT));
    }
}
