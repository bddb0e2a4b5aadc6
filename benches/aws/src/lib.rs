//! What the binaries share: the configuration, CPU time, and rounds in which contestants take turns.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_apigatewaymanagement::config::{Credentials, SharedCredentialsProvider};
use rustix::time::{ClockId, clock_gettime};

/// The region of everything.
pub const REGION: &str = "eu-central-1";

/// As Lambda gives them: with a session token, which is signed like any other header.
#[must_use]
pub fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", Some("token".repeat(100)), None, "bench")
}

/// What both sides are made of.
#[must_use]
pub fn config() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials()))
        .build()
}

/// The CPU time that this process has taken so far, in user and in kernel mode.
#[must_use]
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

/// One of those that are compared.
pub struct Contestant<'a> {
    name: &'static str,
    batch: Box<dyn FnMut() -> Duration + 'a>,
    runs: Vec<Duration>,
}

impl std::fmt::Debug for Contestant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contestant").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> Contestant<'a> {
    /// A batch says how much CPU its calls took: what they are given is made before that.
    pub fn new(name: &'static str, batch: impl FnMut() -> Duration + 'a) -> Self {
        Self { name, batch: Box::new(batch), runs: Vec::new() }
    }
}

/// The CPU time of an undisturbed batch, for each: slower than a tenth of them, faster than the rest.
///
/// Batches are short and taken in turn, each round beginning with another one. Other work on the machine is not counted,
/// and yet makes a batch slower, through caches and a shared core; never faster. The batch in the middle may be of either
/// kind, and the very fastest one a stroke of luck.
pub fn undisturbed(rounds: usize, mut contestants: Vec<Contestant<'_>>) -> Vec<(&'static str, Duration)> {
    for round in 0..rounds + rounds / 10 + 1 {
        contestants.rotate_left(1);
        for contestant in &mut contestants {
            let time = (contestant.batch)();
            // The first tenth warms up.
            if round > rounds / 10 {
                contestant.runs.push(time);
            }
        }
    }
    contestants.into_iter().map(|contestant| (contestant.name, of_a_tenth(contestant.runs))).collect()
}

fn of_a_tenth(mut runs: Vec<Duration>) -> Duration {
    runs.sort_unstable();
    runs.get(runs.len() / 10).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undisturbed_batch_counts_and_those_that_warm_up_do_not() {
        let mut batches = (1..).map(Duration::from_secs);
        let times = undisturbed(20, vec![Contestant::new("it", || batches.next().unwrap())]);
        assert_eq!(times, [("it", Duration::from_secs(6))]);
    }

    #[test]
    fn cpu_time_goes_on_while_this_process_works() {
        let before = cpu();
        let mut number = 0_u64;
        while cpu() == before {
            number = std::hint::black_box(number + 1);
        }
        assert!(cpu() > before);
    }
}
