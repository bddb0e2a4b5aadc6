//! Log lines for people.

use super::escaped::OnOneLine;
use crate::chain::Chain;
use std::error::Error;
use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

/// Writes fields for people, `message name=value …`, so that no text of others makes a line of its own or moves the cursor.
///
/// [`main`](crate::main) logs so at home. For a subscriber of your own:
///
/// ```
/// use lift_ws::observe::PlainFields;
///
/// let subscriber = tracing_subscriber::fmt().fmt_fields(PlainFields::new()).compact().finish();
/// # let _ = subscriber;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainFields(());

impl PlainFields {
    /// The only kind.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl<'w> FormatFields<'w> for PlainFields {
    fn format_fields<R: RecordFields>(&self, mut to: Writer<'w>, recorded: R) -> fmt::Result {
        let mut fields = Fields { to: &mut to, is_first: true, result: Ok(()) };
        recorded.record(&mut fields);
        fields.result
    }
}

struct Fields<'f, 'w> {
    to: &'f mut Writer<'w>,
    is_first: bool,
    result: fmt::Result,
}

impl Fields<'_, '_> {
    fn write(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let name = field.name();
        if self.result.is_err() || name.starts_with("log.") {
            return;
        }
        let is_first = std::mem::take(&mut self.is_first);
        self.result = (|| {
            if !is_first {
                self.to.write_char(' ')?;
            }
            if name != "message" {
                let name = name.strip_prefix("r#").unwrap_or(name);
                match self.to.has_ansi_escapes() {
                    true => write!(self.to, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m")?,
                    false => write!(self.to, "{name}=")?,
                }
            }
            OnOneLine(self.to).write_fmt(value)
        })();
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.write(field, format_args!("{value}")),
            _ => self.write(field, format_args!("{value:?}")),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write(field, format_args!("{}", Chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, format_args!("{value:?}"));
    }
}
