//! Putting metrics together.

use super::gathered::Gathered;
use super::handle::{Metrics, Shared};
use super::name;
use crate::json_text;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The namespace, unless another is named.
pub(super) const NAMESPACE: &str = "LiftWs";

/// How long counts are kept back, unless another time is set: CloudWatch's own resolution is a minute.
const PERIOD: Duration = Duration::from_secs(10);

/// Puts [`Metrics`] together.
pub struct MetricsBuilder {
    namespace: String,
    service: Option<String>,
    period: Duration,
    writer: Option<Box<dyn Write + Send>>,
}

impl MetricsBuilder {
    pub(super) fn new() -> Self {
        Self { namespace: NAMESPACE.to_owned(), service: None, period: PERIOD, writer: None }
    }

    /// The namespace, under which CloudWatch shows the metrics; `LiftWs` unless said. Letters, digits and `. - _ / #`;
    /// anything else becomes `_`.
    #[must_use]
    pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
        Self { namespace: name::namespace(namespace.as_ref()), ..self }
    }

    /// The service: the value of the dimension that all metrics have. The function's name unless said.
    #[must_use]
    pub fn service(self, service: impl Into<String>) -> Self {
        Self { service: Some(service.into()), ..self }
    }

    /// How long counts of a busy route may be kept back; 10 seconds unless said. The first event after a pause of that
    /// length is written at once, so a quiet function shows what it does.
    #[must_use]
    pub fn period(self, period: Duration) -> Self {
        Self { period, ..self }
    }

    /// Where lines go instead of standard output: each in one call of `write_all`, with its newline.
    #[must_use]
    pub fn writer(self, writer: impl Write + Send + 'static) -> Self {
        Self { writer: Some(Box::new(writer)), ..self }
    }

    /// The metrics.
    #[must_use]
    pub fn build(self) -> Metrics {
        let service = self.service.or_else(function_name).unwrap_or_else(|| "lift-ws".to_owned());
        let mut json = String::new();
        let _ = json_text::quote(&name::value(&service), &mut json); // a String takes everything
        let shared = Arc::new(Shared {
            namespace: self.namespace,
            service: json,
            period: self.period,
            gathered: Mutex::new(Gathered::default()),
            writer: Mutex::new(self.writer.unwrap_or_else(usual_writer)),
        });
        let metrics = Metrics(shared);
        #[cfg(feature = "lambda")]
        crate::ending::register(Arc::<Shared>::clone(&metrics.0));
        metrics
    }
}

impl fmt::Debug for MetricsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsBuilder")
            .field("namespace", &self.namespace)
            .field("service", &self.service)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

fn function_name() -> Option<String> {
    std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok().filter(|name| !name.is_empty())
}

/// People at home read logs, not metrics.
fn usual_writer() -> Box<dyn Write + Send> {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v.eq_ignore_ascii_case(value));
    if is("LIFT_WS_LOG", "human") && !is("LIFT_WS_METRICS", "1") {
        Box::new(io::sink())
    } else {
        Box::new(io::stdout())
    }
}
