//! An entry as a whole, for the pane beside the list.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::entry::{Entry, Line, What};
use super::summary::Summary;
use crate::event::OutputStream;

/// The row, and all that it leaves out. JSON stands in it word for word, so that its keys keep their order.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail<'e> {
    row: Summary<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'e, str>>,
    /// Bytes of it that were not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    text_left_out: Option<usize>,
    /// Path and query of a handshake that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'e str>,
    /// Under which id the function knows the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    lines: Vec<ShownLine<'e>>,
    lines_left_out: usize,
}

#[derive(Debug, Serialize)]
struct ShownLine<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    stream: &'static str,
    text: &'e str,
}

impl<'e> Detail<'e> {
    pub(super) fn of(entry: &'e Entry) -> Self {
        let detail = Self { row: Summary::of(entry), ..Self::default() };
        match &entry.what {
            What::Invocation(invocation) => Self {
                event: Some(json_or_text(&invocation.event)),
                returned: invocation.returned.as_ref().map(|returned| json_or_text(returned)),
                request_id: invocation.delivered.map(|delivered| delivered.request.to_string()),
                lines: invocation.lines.iter().map(ShownLine::of).collect(),
                lines_left_out: invocation.lines_left_out,
                ..detail
            },
            What::TurnedAway { text, left_out, .. } => Self {
                text: text.as_deref().map(Cow::Borrowed),
                text_left_out: (*left_out > 0).then_some(*left_out),
                ..detail
            },
            What::Sent { text, .. } | What::Note { text, .. } => {
                Self { text: Some(Cow::Borrowed(text)), ..detail }
            }
            What::Management { body, .. } => Self { text: Some(String::from_utf8_lossy(body)), ..detail },
            What::Refused { target, body, .. } => {
                Self { target: Some(target), returned: Some(json_or_text(body)), ..detail }
            }
            What::Environment { details, .. } => {
                let lines = details.iter().map(|text| ShownLine { at: None, stream: "stderr", text });
                Self { lines: lines.collect(), ..detail }
            }
            What::Output { line, .. } => Self { lines: vec![ShownLine::of(line)], ..detail },
            What::Opened { .. } | What::Closed { .. } => detail,
        }
    }
}

impl<'e> ShownLine<'e> {
    fn of(line: &'e Line) -> Self {
        let stream = match line.stream {
            OutputStream::Stdout => "stdout",
            OutputStream::Stderr => "stderr",
        };
        Self { at: Some(line.at.as_millis()), stream, text: &line.text }
    }
}

/// JSON as it is; anything else as a text.
fn json_or_text(bytes: &[u8]) -> Box<RawValue> {
    let json = serde_json::from_slice::<Box<RawValue>>(bytes).ok();
    // A text is always JSON.
    json.or_else(|| to_raw_value(&String::from_utf8_lossy(bytes)).ok()).unwrap_or_default()
}
