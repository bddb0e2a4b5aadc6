//! What functions write: passed on line by line, and the end of stderr remembered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::environment::EnvironmentId;
use crate::event::{EventSink, GatewayEvent, OutputStream};

/// Lines of stderr that explain why a program did not start.
const REMEMBERED_LINES: usize = 20;
/// A line without end is cut into pieces of this size.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// What an environment wrote to stderr: the last lines, and what its first panic said.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail(Arc<Mutex<Remembered>>);

#[derive(Debug, Default)]
struct Remembered {
    /// The place and the message of the first panic, once a long backtrace has pushed them out of the last lines.
    panic: Vec<String>,
    last: VecDeque<String>,
    /// How many lines were pushed out since the panic's first, that one included.
    since_panic: usize,
}

impl Tail {
    pub(super) fn lines(&self) -> Vec<String> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.panic.iter().chain(&remembered.last).cloned().collect()
    }

    fn push(&self, line: String) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.last.len() == REMEMBERED_LINES
            && let Some(oldest) = remembered.last.pop_front()
        {
            remembered.push_out(oldest);
        }
        remembered.last.push_back(line);
    }
}

impl Remembered {
    fn push_out(&mut self, line: String) {
        if self.since_panic > 0 || line.contains("panicked at") {
            self.since_panic += 1;
        }
        match self.since_panic {
            1 | 2 => self.panic.push(line),
            3 => self.panic.push("...".to_owned()),
            _ => {}
        }
    }
}

/// Passes a stream on until it ends.
pub(super) async fn pass_on(
    from: impl AsyncRead + Unpin,
    environment: EnvironmentId,
    stream: OutputStream,
    sink: EventSink,
    tail: Tail,
) {
    let mut reader = BufReader::new(from);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let mut limited = tokio::io::AsyncReadExt::take(&mut reader, MAX_LINE_BYTES);
        match limited.read_until(b'\n', &mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&buffer);
        let line = line.trim_end_matches(['\n', '\r']).to_owned();
        if stream == OutputStream::Stderr {
            tail.push(line.clone());
        }
        sink.emit(GatewayEvent::Output { environment, stream, line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn lines_are_passed_on_and_the_last_of_stderr_remembered() {
        let (sender, lines) = mpsc::channel();
        let sink = EventSink::new(move |event| {
            if let GatewayEvent::Output { line, .. } = event {
                sender.send(line).unwrap();
            }
        });
        let text: String = (0..30).map(|n| format!("line {n}\r\n")).collect::<String>() + "no end \u{e4}";
        let tail = Tail::default();
        pass_on(text.as_bytes(), EnvironmentId(1), OutputStream::Stderr, sink, tail.clone()).await;
        let lines: Vec<String> = lines.try_iter().collect();
        assert_eq!(lines.len(), 31);
        assert_eq!(lines[30], "no end \u{e4}");
        assert_eq!(tail.lines().len(), REMEMBERED_LINES);
        assert_eq!(tail.lines().last(), lines.last());
    }

    #[test]
    fn what_the_first_panic_said_is_not_lost_behind_its_backtrace() {
        let tail = Tail::default();
        for line in ["starting", "thread 'main' panicked at src/main.rs:3:5:", "no config"] {
            tail.push(line.to_owned());
        }
        let frames: Vec<String> = (0..30).map(|number| format!("{number}: frame")).collect();
        for frame in &frames {
            tail.push(frame.clone());
        }
        let mut expected = vec!["thread 'main' panicked at src/main.rs:3:5:", "no config", "..."];
        expected.extend(frames[10..].iter().map(String::as_str));
        assert_eq!(tail.lines(), expected);
    }
}
