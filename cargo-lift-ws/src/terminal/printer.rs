//! The thread that writes to stderr, so that nothing else waits for a terminal that nobody reads.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use lift_ws_local::GatewayEvent;

use super::describe;
use super::paint::Paint;

/// Events that wait for a slow terminal; what comes on top is left out rather than slowing the gateway down.
const WAITING_EVENTS: usize = 10_000;
/// All that waits: where events are too many, there is still room for what the tool itself says.
const WAITING: usize = 2 * WAITING_EVENTS;
/// How long lines are gathered once one was written. Waking the thread for each would cost a busy gateway more than all else
/// that is done for a line.
const GATHERING: Duration = Duration::from_millis(20);
/// How long the last lines are waited for: the tool ends also when its terminal is paused, or nobody reads its pipe.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Where the lines of the tool go while there is a printer.
static CURRENT: RwLock<Option<Queue>> = RwLock::new(None);

/// Prints a gateway's events, and all that the tool says meanwhile, from a thread of its own. Dropping it waits for the lines
/// that are there, but not for long.
#[derive(Debug)]
pub(crate) struct Printer {
    queue: Queue,
    /// Closed when all is written.
    done: Receiver<()>,
}

#[derive(Clone, Debug)]
struct Queue {
    lines: Sender<Line>,
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Line {
    Event(GatewayEvent),
    /// What the tool says, with its line end.
    Text(Vec<u8>),
    End,
}

/// Writes a text to stderr, after all that was written before; without a printer at once.
pub(super) fn write(text: Vec<u8>) {
    let queue = CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone();
    match queue {
        Some(queue) => queue.push(Line::Text(text), WAITING),
        None => _ = io::stderr().write_all(&text),
    }
}

impl Printer {
    pub(crate) fn start() -> Self {
        let printer = Self::to(io::stderr(), Paint::of_stderr());
        set_current(Some(printer.queue.clone()));
        printer
    }

    fn to(out: impl Write + Send + 'static, paint: Paint) -> Self {
        let (lines, received) = channel();
        let queue = Queue { lines, waiting: Arc::default() };
        let (at_end, done) = channel();
        let waiting = Arc::clone(&queue.waiting);
        std::thread::spawn(move || {
            print_all(&received, &waiting, out, paint);
            drop::<Sender<()>>(at_end);
        });
        Self { queue, done }
    }

    pub(crate) fn sink(&self) -> impl Fn(GatewayEvent) + Send + Sync + 'static {
        let queue = self.queue.clone();
        move |event| queue.push(Line::Event(event), WAITING_EVENTS)
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        set_current(None);
        let _ = self.queue.lines.send(Line::End);
        let _ = self.done.recv_timeout(LAST_LINES);
    }
}

fn set_current(queue: Option<Queue>) {
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = queue;
}

impl Queue {
    /// Leaves the line out if as many are waiting as there is room for.
    fn push(&self, line: Line, room: usize) {
        if self.waiting.load(Ordering::Relaxed) < room {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            let _ = self.lines.send(line);
        }
    }
}

fn print_all(lines: &Receiver<Line>, waiting: &AtomicUsize, out: impl Write, paint: Paint) {
    let mut out = io::BufWriter::new(out);
    while let Ok(first) = lines.recv() {
        let mut next = Some(first);
        // Everything that is there is written in one go.
        while let Some(line) = next {
            let _ = match line {
                Line::Event(event) => writeln!(out, "{}", describe(&event, paint)),
                Line::Text(text) => out.write_all(&text),
                Line::End => {
                    let _ = out.flush();
                    return;
                }
            };
            waiting.fetch_sub(1, Ordering::Relaxed);
            next = lines.try_recv().ok();
        }
        let _ = out.flush();
        std::thread::sleep(GATHERING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lift_ws_local::{EnvironmentId, OutputStream};

    fn output(line: &str) -> GatewayEvent {
        let (environment, line) = (EnvironmentId(1), line.to_owned());
        GatewayEvent::Output { environment, stream: OutputStream::Stdout, line }
    }

    /// What is written comes out of the channel; while that is full, the terminal is paused.
    struct Terminal(std::sync::mpsc::SyncSender<Vec<u8>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_dropped_printer_has_written_all_in_order() {
        let (out, read) = std::sync::mpsc::sync_channel(1_000);
        let printer = Printer::to(Terminal(out), Paint { is_on: false });
        let sink = printer.sink();
        sink(output("one"));
        printer.queue.push(Line::Text(b"two\n".to_vec()), WAITING);
        sink(output("three"));
        drop(printer);
        let written: Vec<u8> = read.into_iter().flatten().collect();
        assert_eq!(String::from_utf8(written).unwrap(), "env 1 | one\ntwo\nenv 1 | three\n");
    }

    #[test]
    fn nobody_waits_for_a_terminal_that_is_not_read() {
        let (out, read) = std::sync::mpsc::sync_channel(0);
        let printer = Printer::to(Terminal(out), Paint { is_on: false });
        let sink = printer.sink();
        for _ in 0..2 * WAITING {
            sink(output("again"));
        }
        // The one that is being written waits no more in the queue, nor do those that are gathered with it.
        let waiting = printer.queue.waiting.load(Ordering::Relaxed);
        assert!((1..=WAITING_EVENTS).contains(&waiting), "{waiting}");
        printer.queue.push(Line::Text(b"Stopping\n".to_vec()), WAITING);
        drop(printer);
        let written: Vec<u8> = read.into_iter().flatten().collect();
        let written = String::from_utf8(written).unwrap();
        assert!(written.ends_with("again\nStopping\n"), "there was room for it");
    }
}
