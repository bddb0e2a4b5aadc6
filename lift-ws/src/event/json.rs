//! A reader of JSON that copies nothing but text with escapes.
//!
//! It knows just what an event needs: objects by field, texts, integers, and any value as it is written.

use super::Malformed;
use crate::json_text::next_special;

pub(crate) type Read<T> = Result<T, Stopped>;

/// Reading stopped: what is wrong is in the reader. A result that says no more than this stays in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped;

/// Where a text lies: in the input, or unescaped in the scratch. Small, since an event has twenty of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    /// The highest bit says that it lies in the scratch.
    start: u32,
    end: u32,
}

impl Span {
    const IN_SCRATCH: u32 = 1 << 31;

    #[inline]
    pub(crate) fn of<'e>(self, input: &'e str, scratch: &'e str) -> &'e str {
        let from = if self.start & Self::IN_SCRATCH == 0 { input } else { scratch };
        from.get((self.start & !Self::IN_SCRATCH) as usize..self.end as usize).unwrap_or_default()
    }

    /// Positions fit: an input is at most [`LONGEST`] bytes long, and its scratch is no longer.
    #[inline(always)]
    const fn new(start: usize, end: usize, scratch: bool) -> Self {
        let place = if scratch { Self::IN_SCRATCH } else { 0 };
        Span { start: start as u32 | place, end: end as u32 }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start & !Self::IN_SCRATCH == self.end
    }
}

/// How deep values may nest: a hostile event must not exhaust the stack.
const DEPTH: u8 = 100;

/// Far more than Lambda gives.
const LONGEST: usize = i32::MAX as usize;

pub(crate) struct Reader<'e, 's> {
    input: &'e str,
    bytes: &'e [u8],
    at: usize,
    scratch: &'s mut String,
    wrong: Malformed,
}

impl<'e, 's> Reader<'e, 's> {
    pub(crate) fn new(input: &'e str, scratch: &'s mut String) -> Self {
        // What is too large reads as if it were empty, and so stops.
        let (input, what) = if input.len() > LONGEST {
            ("", "the event is too large")
        } else {
            (input, "the event is empty")
        };
        let wrong = Malformed::new(what, 0);
        Reader { input, bytes: input.as_bytes(), at: 0, scratch, wrong }
    }

    /// Why reading stopped.
    pub(crate) fn wrong(&self) -> Malformed {
        self.wrong
    }

    #[cold]
    fn stop<T>(&mut self, what: &'static str, at: usize) -> Read<T> {
        self.wrong = Malformed::new(what, at);
        Err(Stopped)
    }

    /// An object: `field` is called with each name, and must read the value.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&mut Self, &'e str) -> Read<()>) -> Read<()> {
        self.eat(b'{', "expected an object")?;
        self.space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let name = self.name()?;
            self.eat(b':', "expected `:`")?;
            field(self, name)?;
            if !self.more(b'}', "expected `,` or `}`")? {
                return Ok(());
            }
        }
    }

    /// A name as it is written.
    #[inline(always)]
    fn name(&mut self) -> Read<&'e str> {
        self.eat(b'"', "expected a text")?;
        let start = self.at;
        if self.plain()? != b'"' {
            self.rest_of_text()?;
        }
        let name = self.input.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok(name)
    }

    /// A text, empty for `null`. Called for a dozen fields: inlined it would be most of the parser's code.
    #[inline(never)]
    pub(crate) fn text_or_null(&mut self) -> Read<Span> {
        if self.bytes.get(self.at) != Some(&b'"') {
            self.space();
            if self.literal("null") {
                return Ok(Span::default());
            }
        }
        self.text()
    }

    #[inline(always)]
    fn text(&mut self) -> Read<Span> {
        self.eat(b'"', "expected a text")?;
        let start = self.at;
        if self.plain()? == b'"' {
            let end = self.at;
            self.at += 1;
            return Ok(Span::new(start, end, false));
        }
        self.unescape(start)
    }

    /// The rest of a text that has an escape here.
    fn unescape(&mut self, start: usize) -> Read<Span> {
        let begin = self.scratch.len();
        let mut from = start;
        loop {
            self.scratch.push_str(&self.input[from..self.at]);
            if self.peek()? == b'"' {
                self.at += 1;
                return Ok(Span::new(begin, self.scratch.len(), true));
            }
            self.at += 1;
            let character = self.escape()?;
            self.scratch.push(character);
            from = self.at;
            self.plain()?;
        }
    }

    /// Any value, returned as it is written; empty for `null`.
    pub(crate) fn raw(&mut self) -> Read<Span> {
        self.space();
        let start = self.at;
        self.skip(DEPTH)?;
        if self.bytes.get(start) == Some(&b'n') {
            return Ok(Span::default());
        }
        Ok(Span::new(start, self.at, false))
    }

    /// An integer, also one that is written as a text; `None` for `null` and for anything else.
    pub(crate) fn integer(&mut self) -> Read<Option<i64>> {
        self.space();
        if let Some(number) = self.digits() {
            return Ok(Some(number));
        }
        let span = self.raw()?;
        Ok(span.of(self.input, "").trim_matches('"').parse().ok())
    }

    /// As timestamps are written: nothing but digits, and too few to overflow. Else reads nothing.
    #[inline(always)]
    fn digits(&mut self) -> Option<i64> {
        const MOST: usize = 18;
        let (mut number, mut at) = (0_i64, self.at);
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(at) {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            at += 1;
        }
        let whole = matches!(self.bytes.get(at), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'));
        if !whole || at == self.at || at - self.at > MOST {
            return None;
        }
        self.at = at;
        Some(number)
    }

    /// A boolean; `false` for `null` and for anything else.
    pub(crate) fn boolean(&mut self) -> Read<bool> {
        let span = self.raw()?;
        Ok(span.of(self.input, "") == "true")
    }

    /// Is an object next?
    pub(crate) fn at_object(&mut self) -> bool {
        self.space();
        self.bytes.get(self.at) == Some(&b'{')
    }

    /// Is a text next?
    pub(crate) fn at_text(&mut self) -> bool {
        self.space();
        self.bytes.get(self.at) == Some(&b'"')
    }

    /// Nothing but white space is left.
    pub(crate) fn end(&mut self) -> Read<()> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { self.stop("text after the event", self.at) }
    }

    #[inline(always)]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn peek(&mut self) -> Read<u8> {
        match self.bytes.get(self.at) {
            Some(byte) => Ok(*byte),
            None if self.bytes.is_empty() => Err(Stopped),
            None => self.stop("the event ends too early", self.at),
        }
    }

    /// The gateway writes no white space, so the byte itself is looked for first.
    #[inline(always)]
    fn eat(&mut self, byte: u8, otherwise: &'static str) -> Read<()> {
        if self.bytes.get(self.at) == Some(&byte) {
            self.at += 1;
            return Ok(());
        }
        self.eat_spaced(byte, otherwise)
    }

    #[inline(never)]
    fn eat_spaced(&mut self, byte: u8, otherwise: &'static str) -> Read<()> {
        self.space();
        if self.peek()? != byte {
            return self.stop(otherwise, self.at);
        }
        self.at += 1;
        Ok(())
    }

    /// After an element: is there another one before `close`?
    #[inline(always)]
    fn more(&mut self, close: u8, otherwise: &'static str) -> Read<bool> {
        if self.bytes.get(self.at) == Some(&b',') {
            self.at += 1;
            return Ok(true);
        }
        self.more_spaced(close, otherwise)
    }

    #[inline(never)]
    fn more_spaced(&mut self, close: u8, otherwise: &'static str) -> Read<bool> {
        self.space();
        let next = self.peek()?;
        self.at += 1;
        if next == b',' {
            Ok(true)
        } else if next == close {
            Ok(false)
        } else {
            self.stop(otherwise, self.at - 1)
        }
    }

    fn literal(&mut self, word: &str) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// On to the next quote or backslash.
    #[inline(always)]
    fn plain(&mut self) -> Read<u8> {
        self.at = next_special(self.bytes, self.at);
        match self.peek()? {
            stop @ (b'"' | b'\\') => Ok(stop),
            _ => self.stop("control character in a text", self.at),
        }
    }

    #[inline]
    fn escape(&mut self) -> Read<char> {
        let kind = self.peek()?;
        self.at += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => kind as char,
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => self.unicode()?,
            _ => return self.stop("unknown escape", self.at - 1),
        })
    }

    fn unicode(&mut self) -> Read<char> {
        let start = self.at;
        match self.code_point()? {
            Some(character) => Ok(character),
            None => self.stop("lone surrogate", start),
        }
    }

    fn code_point(&mut self) -> Read<Option<char>> {
        let first = self.hex4()?;
        if !(0xD800..0xDC00).contains(&first) {
            return Ok(char::from_u32(first));
        }
        if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return Ok(None);
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Ok(None);
        }
        Ok(char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)))
    }

    fn hex4(&mut self) -> Read<u32> {
        let digit = |n, d: &u8| (*d as char).to_digit(16).map(|d| n << 4 | d);
        let number = self.bytes.get(self.at..self.at + 4).and_then(|digits| digits.iter().try_fold(0, digit));
        match number {
            Some(number) => {
                self.at += 4;
                Ok(number)
            }
            None => self.stop("bad `\\u` escape", self.at),
        }
    }

    #[inline(always)]
    fn skip_text(&mut self) -> Read<()> {
        self.at += 1;
        if self.plain()? != b'"' {
            self.rest_of_text()?;
        }
        self.at += 1;
        Ok(())
    }

    /// From an escape to the closing quote.
    fn rest_of_text(&mut self) -> Read<()> {
        loop {
            self.at += 1;
            self.escape()?;
            if self.plain()? == b'"' {
                return Ok(());
            }
        }
    }

    fn skip(&mut self, depth: u8) -> Read<()> {
        let Some(depth) = depth.checked_sub(1) else { return self.stop("nested too deep", self.at) };
        self.space();
        match self.peek()? {
            b'"' => self.skip_text(),
            b'{' => self.object(|this, _| this.skip(depth)),
            b'[' => self.skip_array(depth),
            b't' if self.literal("true") => Ok(()),
            b'f' if self.literal("false") => Ok(()),
            b'n' if self.literal("null") => Ok(()),
            b'-' | b'0'..=b'9' => {
                while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.bytes.get(self.at) {
                    self.at += 1;
                }
                Ok(())
            }
            _ => self.stop("expected a value", self.at),
        }
    }

    fn skip_array(&mut self, depth: u8) -> Read<()> {
        self.at += 1;
        self.space();
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip(depth)?;
            if !self.more(b']', "expected `,` or `]`")? {
                return Ok(());
            }
        }
    }
}
