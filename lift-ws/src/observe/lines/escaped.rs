//! Texts that stay on their line.

use crate::json_text;
use std::fmt::{self, Write};

/// What goes through is written as within a JSON text.
pub(super) struct InJson<'w, W: ?Sized>(pub(super) &'w mut W);

impl<W: Write + ?Sized> Write for InJson<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        json_text::quote_inner(text, self.0)
    }
}

/// What goes through stays on one line, and moves no cursor: control characters, line separators and the marks that
/// turn the direction of text are escaped.
pub(super) struct OnOneLine<'w, W: ?Sized>(pub(super) &'w mut W);

impl<W: Write + ?Sized> Write for OnOneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut start = 0;
        for (at, strange) in text.char_indices().filter(|(_, c)| is_strange(*c)) {
            self.0.write_str(&text[start..at])?;
            write!(self.0, "{}", strange.escape_default())?;
            start = at + strange.len_utf8();
        }
        self.0.write_str(&text[start..])
    }
}

fn is_strange(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}
