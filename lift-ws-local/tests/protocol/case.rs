//! One case: what is sent, and what is to be heard.

use crate::wire::Heard;

/// What a client sends right after its handshake, and what it hears.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) number: String,
    pub(crate) what: String,
    pub(crate) sent: Vec<u8>,
    pub(crate) expects: Expects,
}

/// What is heard, and what the function is told at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expects {
    /// Replies; all of them, or as many as were there before the connection ended.
    pub(crate) texts: Vec<String>,
    pub(crate) pongs: Vec<Vec<u8>>,
    pub(crate) end: End,
}

/// How a case ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// When all is heard, the test closes with 1000, and hears that back.
    #[default]
    Open,
    /// The gateway closes with this code; of the replies it need not have sent any.
    Closes(u16),
    /// The gateway answers the client's close frame, with its code or none.
    Answers(Option<u16>),
    /// The client hangs up in the middle.
    Lost,
}

/// This text is heard, and nothing else.
pub(crate) fn echo(text: impl Into<String>) -> Expects {
    Expects { texts: vec![text.into()], ..Expects::default() }
}

/// Nothing is heard.
pub(crate) fn silence() -> Expects {
    Expects::default()
}

/// The gateway closes with this code.
pub(crate) fn closes(code: u16) -> Expects {
    Expects { end: End::Closes(code), ..Expects::default() }
}

/// The client's close frame comes back.
pub(crate) fn answers(code: impl Into<Option<u16>>) -> Expects {
    Expects { end: End::Answers(code.into()), ..Expects::default() }
}

/// The client is gone.
pub(crate) fn lost() -> Expects {
    Expects { end: End::Lost, ..Expects::default() }
}

/// This is heard as an answer to a ping.
pub(crate) fn pong(payload: impl Into<Vec<u8>>) -> Expects {
    silence().and_pong(payload)
}

impl Expects {
    pub(crate) fn and_echo(mut self, text: impl Into<String>) -> Self {
        self.texts.push(text.into());
        self
    }

    pub(crate) fn and_pong(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.pongs.push(payload.into());
        self
    }

    /// Whether the test has to close, now that this was heard.
    pub(crate) fn is_all(&self, heard: &Heard) -> bool {
        self.end == End::Open
            && heard.texts.len() >= self.texts.len()
            && heard.pongs.len() >= self.pongs.len()
    }
}

impl Case {
    pub(crate) fn new(
        number: impl Into<String>,
        what: impl Into<String>,
        sent: Vec<u8>,
        expects: Expects,
    ) -> Self {
        Self { number: number.into(), what: what.into(), sent, expects }
    }

    /// Compares what was heard, and the code that the function was told.
    pub(crate) fn judge(&self, heard: &Heard, told: u16) -> Result<(), String> {
        if let Some(fault) = &heard.fault {
            return Err(fault.clone());
        }
        let (close, code, all) = match self.expects.end {
            End::Open => (Some(Some(1000)), 1000, true),
            End::Closes(code) => (Some(Some(code)), code, false),
            // A close frame without a code is told as 1005 (contract §6.2).
            End::Answers(code) => (Some(code), code.unwrap_or(1005), false),
            End::Lost => (None, 1006, false),
        };
        is_start_of(&heard.texts, &self.expects.texts, all, |text| excerpt(text))?;
        is_start_of(&heard.pongs, &self.expects.pongs, all, |pong| format!("pong {pong:?}"))?;
        if heard.close != close {
            return Err(format!("closed with {:?}, not {close:?}", heard.close));
        }
        if told != code {
            return Err(format!("$disconnect was told {told}, not {code}"));
        }
        Ok(())
    }
}

fn is_start_of<T: PartialEq>(
    heard: &[T],
    expected: &[T],
    all: bool,
    show: impl Fn(&T) -> String,
) -> Result<(), String> {
    if all && heard.len() != expected.len() {
        return Err(format!("heard {} of {}", heard.len(), expected.len()));
    }
    for (at, one) in heard.iter().enumerate() {
        if expected.get(at) != Some(one) {
            return Err(format!("heard {}, not {:?}", show(one), expected.get(at).map(&show)));
        }
    }
    Ok(())
}

fn excerpt(text: &str) -> String {
    format!("{} bytes {:?}", text.len(), text.chars().take(20).collect::<String>())
}
