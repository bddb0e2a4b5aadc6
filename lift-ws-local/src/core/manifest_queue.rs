//! Whether a program uses a queue, and how its messages become batches.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The queue of a program: `"queue": true` in its manifest, or an object with settings.
///
/// ```
/// use lift_ws_local::core::Manifest;
///
/// let manifest = Manifest::parse(r#"{ "queue": { "batchSize": 1, "maxReceiveCount": 5 } }"#)?;
/// assert_eq!(manifest.queue.unwrap().batch_size, 1);
/// assert!(Manifest::parse(r#"{ "queue": true }"#)?.queue.is_some());
/// assert!(Manifest::parse(r#"{ "queue": false }"#)?.queue.is_none());
/// # Ok::<(), lift_ws_local::core::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestQueue {
    /// How long a message that was received is hidden from others; `"visibilityTimeout"` in seconds, longer than the
    /// batching window. The gateway makes it as long as the function's timeout at least, as Lambda demands, and the
    /// window, in which a message is hidden already. If absent, it is those and the time that an environment may take
    /// to start: 40 s without a window.
    pub visibility_timeout: Option<Duration>,
    /// How often a message is received before it becomes a dead letter; `"maxReceiveCount"`, 3 if absent.
    pub max_receive_count: u32,
    /// The most messages in a batch; `"batchSize"`, 10 if absent.
    pub batch_size: usize,
    /// How long a message may wait for others to share its batch; `"batchingWindow"` in seconds, 0 if absent.
    pub batching_window: Duration,
    /// How many batches the function may have at a time; `"maximumConcurrency"`. If absent, as many as there
    /// may be environments but one, which is left to WebSocket events.
    pub maximum_concurrency: usize,
}

impl Default for ManifestQueue {
    fn default() -> Self {
        Self {
            visibility_timeout: None,
            max_receive_count: 3,
            batch_size: 10,
            batching_window: Duration::ZERO,
            maximum_concurrency: usize::MAX,
        }
    }
}

/// The settings that the object may have.
pub(crate) const KEYS: &[&str] =
    &["visibilityTimeout", "maxReceiveCount", "batchSize", "batchingWindow", "maximumConcurrency"];

/// `true`, `false`, `null`, or an object of settings.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ManifestQueue>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null | Value::Bool(false) => Ok(None),
        Value::Bool(true) => Ok(Some(ManifestQueue::default())),
        settings @ Value::Object(_) => of_settings(&settings).map(Some).map_err(D::Error::custom),
        other => Err(D::Error::custom(format!("`queue` is {other}: write true or false"))),
    }
}

fn of_settings(settings: &Value) -> Result<ManifestQueue, String> {
    let mut queue = ManifestQueue::default();
    if let Some(seconds) = number(settings, "visibilityTimeout", 0, 43_200)? {
        queue.visibility_timeout = Some(Duration::from_secs(seconds.into()));
    }
    if let Some(count) = number(settings, "maxReceiveCount", 1, 1000)? {
        queue.max_receive_count = count;
    }
    if let Some(size) = number(settings, "batchSize", 1, 10_000)? {
        queue.batch_size = size as usize;
    }
    if let Some(seconds) = number(settings, "batchingWindow", 0, 300)? {
        queue.batching_window = Duration::from_secs(seconds.into());
    }
    if let Some(count) = number(settings, "maximumConcurrency", 1, 1000)? {
        queue.maximum_concurrency = count as usize;
    }
    if queue.batch_size > 10 && queue.batching_window.is_zero() {
        return Err(
            "`batchSize` of `queue` is above 10, which needs a `batchingWindow` of 1 or more".to_owned()
        );
    }
    let window = queue.batching_window;
    let is_too_short = |visibility: &Duration| !window.is_zero() && *visibility <= window;
    if let Some(visibility) = queue.visibility_timeout.filter(is_too_short) {
        return Err(format!(
            "`visibilityTimeout` of `queue` is {}, and its `batchingWindow` {}: messages would come back while they \
             still wait for their batch, so write a `visibilityTimeout` of the window and the function's timeout, or \
             more",
            visibility.as_secs(),
            window.as_secs()
        ));
    }
    Ok(queue)
}

fn number(settings: &Value, name: &str, least: u32, most: u32) -> Result<Option<u32>, String> {
    let Some(value) = settings.get(name) else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    match number.filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{name}` of `queue` is {value}: write a number from {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Manifest;

    #[test]
    fn settings_that_are_absent_have_their_defaults() {
        let manifest =
            r#"{"queue":{"visibilityTimeout":7,"batchSize":50,"batchingWindow":2,"maximumConcurrency":1}}"#;
        let queue = Manifest::parse(manifest).unwrap().queue.unwrap();
        let expected = ManifestQueue {
            visibility_timeout: Some(Duration::from_secs(7)),
            batch_size: 50,
            batching_window: Duration::from_secs(2),
            maximum_concurrency: 1,
            ..ManifestQueue::default()
        };
        assert_eq!(queue, expected);
        assert_eq!(Manifest::parse("{}").unwrap().queue, None);
        assert_eq!(Manifest::parse(r#"{"queue":null}"#).unwrap().queue, None);
    }

    #[test]
    fn each_mistake_says_what_to_write() {
        for (queue, expected) in [
            ("7", "`queue` is 7: write true or false"),
            (r#"{"batchSize":0}"#, "`batchSize` of `queue` is 0: write a number from 1 to 10000"),
            (r#"{"batchSize":11}"#, "`batchSize` of `queue` is above 10, which needs a `batchingWindow`"),
            (
                r#"{"visibilityTimeout":20,"batchingWindow":20}"#,
                "`visibilityTimeout` of `queue` is 20, and its `batchingWindow` 20: messages would come back",
            ),
            (r#"{"maxReceiveCount":"3"}"#, "`maxReceiveCount` of `queue` is \"3\": write a number"),
        ] {
            let error = Manifest::parse(&format!(r#"{{"queue":{queue}}}"#)).unwrap_err().to_string();
            assert!(error.contains(expected), "{queue}: {error}");
        }
    }
}
