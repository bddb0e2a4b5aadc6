//! Text of a compile error, put together in const evaluation.

pub(crate) struct Message {
    text: [u8; 512],
    len: usize,
}

impl Message {
    pub(crate) const fn new() -> Self {
        Message { text: [0; 512], len: 0 }
    }

    pub(crate) const fn text(mut self, add: &str) -> Self {
        let add = add.as_bytes();
        let mut i = 0;
        while i < add.len() && self.len < self.text.len() {
            self.text[self.len] = add[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    pub(crate) const fn number(self, n: u32) -> Self {
        const DIGITS: &str = "0123456789";
        let this = if n >= 10 { self.number(n / 10) } else { self };
        let (_, from) = DIGITS.split_at((n % 10) as usize);
        this.text(from.split_at(1).0)
    }

    pub(crate) const fn as_str(&self) -> &str {
        match str::from_utf8(self.text.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "duplicate route key (its text is too long to print)",
        }
    }
}
