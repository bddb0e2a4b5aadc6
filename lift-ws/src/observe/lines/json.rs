//! Log lines as JSON, one object each.
//!
//! tracing-subscriber's own formatter keeps a span's fields as text, and reads that text as JSON for each line and each
//! field that comes later. This one appends.

use super::escaped::InJson;
use crate::chain::Chain;
use crate::json_text;
use std::error::Error;
use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Writes each log line as one JSON object: `timestamp`, `level`, `message` and the other fields; `span` with the fields
/// of the span it was written in, and `spans` with those around that, outermost first.
///
/// [`main`](crate::main) logs so on Lambda. For a subscriber of your own, with [`JsonFields`]:
///
/// ```
/// use lift_ws::observe::{JsonFields, JsonLines};
///
/// let subscriber =
///     tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(JsonLines::new()).finish();
/// # let _ = subscriber;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonLines(());

impl JsonLines {
    /// The only kind.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

/// Keeps the fields of spans as [`JsonLines`] writes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonFields(());

impl JsonFields {
    /// The only kind.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        to.write_str(r#"{"timestamp":""#)?;
        SystemTime.format_time(&mut to)?;
        write!(to, r#"","level":"{}""#, event.metadata().level())?;
        let mut fields = Fields { to: &mut to, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        if let Some(span) =
            event.parent().and_then(|id| context.span(id)).or_else(|| context.lookup_current())
        {
            to.write_str(r#","span":"#)?;
            write_span::<_, N>(&span, &mut to)?;
            if span.parent().is_some() {
                write_outer::<_, N>(&span, &mut to)?;
            }
        }
        to.write_str("}\n")
    }
}

fn write_outer<'l, S, N>(span: &SpanRef<'l, S>, to: &mut Writer<'_>) -> fmt::Result
where
    S: LookupSpan<'l>,
    N: 'static,
{
    to.write_str(r#","spans":["#)?;
    for (i, outer) in span.scope().from_root().filter(|outer| outer.id() != span.id()).enumerate() {
        if i > 0 {
            to.write_char(',')?;
        }
        write_span::<_, N>(&outer, to)?;
    }
    to.write_char(']')
}

fn write_span<'l, S, N>(span: &SpanRef<'l, S>, to: &mut Writer<'_>) -> fmt::Result
where
    S: LookupSpan<'l>,
    N: 'static,
{
    to.write_str(r#"{"name":"#)?;
    json_text::quote(span.name(), to)?;
    if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
        to.write_str(&fields.fields)?;
    }
    to.write_char('}')
}

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut to: Writer<'w>, recorded: R) -> fmt::Result {
        let mut fields = Fields { to: &mut to, result: Ok(()) };
        recorded.record(&mut fields);
        fields.result
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, recorded: &Record<'_>) -> fmt::Result {
        let mut to = current.as_writer();
        let mut fields = Fields { to: &mut to, result: Ok(()) };
        recorded.record(&mut fields);
        fields.result
    }
}

/// Writes `,"name":value` for each field.
struct Fields<'f, 'w> {
    to: &'f mut Writer<'w>,
    result: fmt::Result,
}

impl Fields<'_, '_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let name = field.name();
        // what the `log` crate says of itself is in the level already
        if self.result.is_err() || name.starts_with("log.") {
            return;
        }
        self.result = (|| {
            self.to.write_char(',')?;
            json_text::quote(name.strip_prefix("r#").unwrap_or(name), self.to)?;
            self.to.write_char(':')?;
            value(self.to)
        })();
    }

    fn write_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        self.write(field, |to| {
            to.write_char('"')?;
            InJson(to).write_fmt(text)?;
            to.write_char('"')
        });
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => self.write(field, |to| write!(to, "{value}")),
            false => self.write(field, |to| to.write_str("null")),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, |to| write!(to, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, |to| write!(to, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, |to| write!(to, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, |to| json_text::quote(value, to));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write_text(field, format_args!("{}", Chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write_text(field, format_args!("{value:?}"));
    }
}
