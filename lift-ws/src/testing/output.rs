//! What an app under test writes.

use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A writer that keeps what is written, for [`Metrics`](crate::observe::Metrics) and loggers under test. All clones are one.
///
/// ```
/// use lift_ws::observe::{Metrics, metrics};
/// use lift_ws::prelude::*;
/// use lift_ws::testing::{Output, TestApp};
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = Metrics, middleware = [metrics], routes = [say])]
/// struct Chat;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// let output = Output::new();
/// let app = TestApp::<Chat>::new(Metrics::builder().writer(output.clone()).build());
/// let ann = app.connect().await.unwrap();
/// ann.send(serde_json::json!({"action": "say"})).await;
/// assert_eq!(output.json()[0]["Route"], "say");
/// # });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    /// Without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that was written.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Its lines, each as JSON.
    ///
    /// # Panics
    /// If a line is something else.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let read = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("{error} in the line {line}"),
        };
        self.text().lines().map(read).collect()
    }

    /// Forgets what was written.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
