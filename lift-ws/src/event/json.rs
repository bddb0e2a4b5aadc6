//! A reader of JSON that copies nothing but text with escapes.
//!
//! It knows just what an event needs: objects by field, texts, integers, and any value as it is written.

use super::Malformed;

type Read<T> = Result<T, Malformed>;

/// Where a text lies: in the input, or unescaped in the scratch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    start: usize,
    end: usize,
    scratch: bool,
}

impl Span {
    pub(crate) fn of<'e>(self, input: &'e str, scratch: &'e str) -> &'e str {
        let from = if self.scratch { scratch } else { input };
        from.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// How deep values may nest: a hostile event must not exhaust the stack.
const DEPTH: u8 = 100;

pub(crate) struct Reader<'e, 's> {
    input: &'e str,
    bytes: &'e [u8],
    at: usize,
    scratch: &'s mut String,
}

impl<'e, 's> Reader<'e, 's> {
    pub(crate) fn new(input: &'e str, scratch: &'s mut String) -> Self {
        Reader { input, bytes: input.as_bytes(), at: 0, scratch }
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
            self.space();
            let start = self.at + 1;
            self.skip_text()?;
            let name = &self.input[start..self.at - 1];
            self.eat(b':', "expected `:`")?;
            field(self, name)?;
            if !self.more(b'}', "expected `,` or `}`")? {
                return Ok(());
            }
        }
    }

    /// A text, `None` for `null`.
    pub(crate) fn optional_text(&mut self) -> Read<Option<Span>> {
        self.space();
        if self.literal("null") { Ok(None) } else { self.text().map(Some) }
    }

    pub(crate) fn text(&mut self) -> Read<Span> {
        self.eat(b'"', "expected a text")?;
        let start = self.at;
        if self.plain()? == b'"' {
            let end = self.at;
            self.at += 1;
            return Ok(Span { start, end, scratch: false });
        }
        let begin = self.scratch.len();
        let mut from = start;
        loop {
            self.scratch.push_str(&self.input[from..self.at]);
            if self.peek()? == b'"' {
                self.at += 1;
                return Ok(Span { start: begin, end: self.scratch.len(), scratch: true });
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
        if self.literal("null") {
            return Ok(Span::default());
        }
        let start = self.at;
        self.skip(DEPTH)?;
        Ok(Span { start, end: self.at, scratch: false })
    }

    /// An integer, also one that is written as a text; `None` for `null` and for anything else.
    pub(crate) fn integer(&mut self) -> Read<Option<i64>> {
        let span = self.raw()?;
        Ok(self.input[span.start..span.end].trim_matches('"').parse().ok())
    }

    /// A boolean; `false` for `null` and for anything else.
    pub(crate) fn boolean(&mut self) -> Read<bool> {
        let span = self.raw()?;
        Ok(&self.input[span.start..span.end] == "true")
    }

    /// Is an object next?
    pub(crate) fn at_object(&mut self) -> bool {
        self.space();
        self.bytes.get(self.at) == Some(&b'{')
    }

    /// Nothing but white space is left.
    pub(crate) fn end(&mut self) -> Read<()> {
        self.space();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(Malformed::new("text after the event", self.at))
        }
    }

    #[inline(always)]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn peek(&self) -> Read<u8> {
        match self.bytes.get(self.at) {
            Some(byte) => Ok(*byte),
            None => Err(Malformed::new("the event ends too early", self.at)),
        }
    }

    #[inline(always)]
    fn eat(&mut self, byte: u8, otherwise: &'static str) -> Read<()> {
        self.space();
        if self.peek()? != byte {
            return Err(Malformed::new(otherwise, self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// After an element: is there another one before `close`?
    #[inline(always)]
    fn more(&mut self, close: u8, otherwise: &'static str) -> Read<bool> {
        self.space();
        let next = self.peek()?;
        self.at += 1;
        if next == b',' {
            Ok(true)
        } else if next == close {
            Ok(false)
        } else {
            Err(Malformed::new(otherwise, self.at - 1))
        }
    }

    fn literal(&mut self, word: &str) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// On to the next quote, backslash or control character, eight bytes a step.
    #[inline(always)]
    fn plain(&mut self) -> Read<u8> {
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        while let Some(chunk) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*chunk);
            let quote = word ^ (LOW * b'"' as u64);
            let backslash = word ^ (LOW * b'\\' as u64);
            let control = word.wrapping_sub(LOW * 0x20) & !word;
            let hit =
                ((quote.wrapping_sub(LOW) & !quote) | (backslash.wrapping_sub(LOW) & !backslash) | control)
                    & HIGH;
            if hit != 0 {
                self.at += (hit.trailing_zeros() / 8) as usize;
                break;
            }
            self.at += 8;
        }
        loop {
            match self.peek()? {
                0..=0x1f => return Err(Malformed::new("control character in a text", self.at)),
                stop @ (b'"' | b'\\') => return Ok(stop),
                _ => self.at += 1,
            }
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
            _ => return Err(Malformed::new("unknown escape", self.at - 1)),
        })
    }

    fn unicode(&mut self) -> Read<char> {
        let start = self.at;
        let lone = || Malformed::new("lone surrogate", start);
        let first = self.hex4()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(lone);
        }
        if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return Err(lone());
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(lone());
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(lone)
    }

    fn hex4(&mut self) -> Read<u32> {
        let bad = Malformed::new("bad `\\u` escape", self.at);
        let digits = self.bytes.get(self.at..self.at + 4).ok_or(bad)?;
        self.at += 4;
        digits.iter().try_fold(0, |n, d| (*d as char).to_digit(16).map(|d| n << 4 | d)).ok_or(bad)
    }

    fn skip_text(&mut self) -> Read<()> {
        self.eat(b'"', "expected a text")?;
        loop {
            if self.plain()? == b'"' {
                self.at += 1;
                return Ok(());
            }
            self.at += 1;
            self.escape()?;
        }
    }

    fn skip(&mut self, depth: u8) -> Read<()> {
        let depth = depth.checked_sub(1).ok_or(Malformed::new("nested too deep", self.at))?;
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
            _ => Err(Malformed::new("expected a value", self.at)),
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
