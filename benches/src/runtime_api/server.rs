//! A scripted Runtime API: plain sockets and threads, so that what is measured is the function.
//!
//! It knows what the two functions ask: the next event, a response, and an extension that waits for shutdown.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:bench";
/// What follows the number of an event in its trace id: each event has a trace of its own, as on Lambda.
pub(crate) const TRACE: &str = "Parent=9a9197af755a6419;Sampled=0";

/// For anything that a function does.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the function did.
#[derive(Debug)]
enum Did {
    /// Asked for its first event.
    Polled(Instant),
    /// Answered all events of an order, the last like this, and asked for more.
    Ran { taken: Duration, answer: Vec<u8> },
    /// Reported an error, asked something unknown, or closed its connection.
    Failed(String),
}

/// Events for the function, one after the other.
#[derive(Debug)]
struct Order {
    event: Vec<u8>,
    count: usize,
}

/// One function's Runtime API.
#[derive(Debug)]
pub(crate) struct Server {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: SocketAddr,
    did: Receiver<Did>,
    orders: Sender<Order>,
}

impl Server {
    /// Serves on a free port of the loopback.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (orders, to_run) = channel();
        let (tell, did) = channel();
        thread::spawn(move || accept(&listener, &tell, to_run));
        Ok(Self { address, did, orders })
    }

    /// Waits until the function asks for its first event.
    ///
    /// # Errors
    ///
    /// When it does anything else, or ends.
    pub(crate) fn polled(&self) -> Result<Instant, String> {
        match self.did.recv_timeout(PATIENCE) {
            Ok(Did::Polled(when)) => Ok(when),
            Ok(Did::Failed(how)) => Err(format!("the function did not ask for an event: {how}")),
            other => Err(format!("the function did not ask for an event: {other:?}")),
        }
    }

    /// Gives `count` events, one after the other, to the function that has asked for one; returns the time from the
    /// first event to the poll after the last, and the last answer.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub(crate) fn run(&self, event: &str, count: usize) -> Result<(Duration, Vec<u8>), String> {
        self.orders.send(Order { event: event.into(), count }).map_err(|error| error.to_string())?;
        match self.did.recv_timeout(PATIENCE) {
            Ok(Did::Ran { taken, answer }) => Ok((taken, answer)),
            Ok(Did::Failed(how)) => Err(format!("the function did not answer: {how}")),
            other => Err(format!("the function did not answer: {other:?}")),
        }
    }
}

/// One thread per connection: the runtime's own, and the one of its extension.
fn accept(listener: &TcpListener, tell: &Sender<Did>, orders: Receiver<Order>) {
    let orders = Arc::new(Mutex::new(orders));
    for stream in listener.incoming() {
        let Ok(stream) = stream else { return };
        let (tell, orders) = (tell.clone(), Arc::clone(&orders));
        thread::spawn(move || {
            if let Err(error) = serve(stream, &tell, &orders) {
                let _ = tell.send(Did::Failed(error));
            }
        });
    }
}

/// The whole of one connection, on one thread: within an order nothing is handed to another.
fn serve(stream: TcpStream, tell: &Sender<Did>, orders: &Mutex<Receiver<Order>>) -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    stream.set_nodelay(true).map_err(failed)?;
    let mut writer = stream.try_clone().map_err(failed)?;
    let mut reader = BufReader::new(stream);
    let mut script = Script::default();
    while let Some((line, body)) = request(&mut reader).map_err(failed)? {
        let answer = if line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            let Some(event) = script.next(tell, orders) else { return Ok(()) };
            event
        } else if line.starts_with("POST /2018-06-01/runtime/invocation/") && line.contains("/response ") {
            script.answer = body;
            plain("202 Accepted", "", "{\"status\":\"OK\"}")
        } else if line.starts_with("POST /2020-01-01/extension/register ") {
            registered()
        } else if line.starts_with("GET /2020-01-01/extension/event/next ") {
            // Held until the function is ended.
            let _ = reader.fill_buf();
            return Ok(());
        } else {
            return Err(format!("{line}: {}", String::from_utf8_lossy(&body)));
        };
        writer.write_all(&answer).map_err(failed)?;
    }
    // An extension is registered over a connection of its own, which may end.
    if script.sent == 0 { Ok(()) } else { Err("it closed its connection".into()) }
}

/// Serves one connection of an environment that gets the same event whenever it asks; counts them.
pub(crate) fn answer_at_once(stream: TcpStream, event: &[u8], fed: &AtomicU64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some((line, _)) = request(&mut reader)? {
        if line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            writer.write_all(&next(fed.fetch_add(1, Ordering::Relaxed), event))?;
        } else if line.starts_with("POST /2018-06-01/runtime/invocation/") {
            writer.write_all(&plain("202 Accepted", "", "{\"status\":\"OK\"}"))?;
        } else if line.starts_with("POST /2020-01-01/extension/register ") {
            writer.write_all(&registered())?;
        } else {
            // An extension waits for its next event until the environment is ended.
            reader.fill_buf()?;
            return Ok(());
        }
    }
    Ok(())
}

/// The order that is being run.
#[derive(Default)]
struct Script {
    started: Option<Instant>,
    event: Vec<u8>,
    left: usize,
    sent: u64,
    answer: Vec<u8>,
}

impl Script {
    /// The next event of the order, or of the one that follows; `None` when there will be none.
    fn next(&mut self, tell: &Sender<Did>, orders: &Mutex<Receiver<Order>>) -> Option<Vec<u8>> {
        if self.left == 0 {
            let did = match self.started {
                None => Did::Polled(Instant::now()),
                Some(start) => Did::Ran { taken: start.elapsed(), answer: mem::take(&mut self.answer) },
            };
            tell.send(did).ok()?;
            let order = orders.lock().ok()?.recv().ok()?;
            (self.event, self.left) = (order.event, order.count);
            self.started = Some(Instant::now());
        }
        self.left -= 1;
        self.sent += 1;
        Some(next(self.sent, &self.event))
    }
}

pub(crate) const REGISTERED_AS: (&str, &str) =
    ("lambda-extension-identifier", "8c3a2c1e-0000-4000-8000-000000000000");
pub(crate) const REGISTERED: &str = r#"{"functionName":"bench","functionVersion":"$LATEST","handler":"bootstrap","accountId":"123456789012"}"#;

/// The request line and the body; `None` at the end of the connection.
fn request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let (mut length, mut chunked, mut header) = (0, false, String::new());
    while reader.read_line(&mut header)? > 2 {
        let lower = header.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
        header.clear();
    }
    if chunked {
        return Ok(Some((line, read_chunks(reader)?)));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((line, body)))
}

fn read_chunks(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let start = body.len();
        body.resize(start + size + 2, 0);
        reader.read_exact(&mut body[start..])?;
        body.truncate(start + size);
        if size == 0 {
            return Ok(body);
        }
    }
}

fn next(number: u64, event: &[u8]) -> Vec<u8> {
    let deadline = deadline();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: \
         00000000-0000-4000-8000-{number:012}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: {FUNCTION_ARN}\r\nLambda-Runtime-Trace-Id: Root=1-5bef4de7-{number:024x};{TRACE}\r\n\
         Content-Length: {}\r\n\r\n",
        event.len()
    )
    .into_bytes();
    answer.extend_from_slice(event);
    answer
}

/// Half a minute from now, in milliseconds since the epoch.
pub(crate) fn deadline() -> u64 {
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis());
    u64::try_from(now).unwrap_or(0) + 30_000
}

fn registered() -> Vec<u8> {
    let (name, value) = REGISTERED_AS;
    plain("200 OK", &format!("{name}: {value}\r\n"), REGISTERED)
}

fn plain(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
