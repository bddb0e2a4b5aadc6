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

/// The last lines that an environment wrote to stderr.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == REMEMBERED_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
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
}
