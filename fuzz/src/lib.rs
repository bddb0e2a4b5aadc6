//! A gateway in the fuzzing process, over real sockets: what is fuzzed is what people run.
//!
//! Its function's program only tells where the Runtime API is; the process plays the function itself. The clock stands still until a
//! target moves it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use lift_ws_local::clock::ManualClock;
use lift_ws_local::core::{Manifest, Moment};
use lift_ws_local::{Function, GatewayEvent, LocalGateway};

/// Nothing takes this long: it is a hang.
const PATIENCE: Duration = Duration::from_secs(20);
/// Accepted, and not verified.
pub const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0";

/// A running gateway.
pub struct Home {
    gateway: LocalGateway,
    clock: ManualClock,
    api: Arc<Api>,
}

/// Where the newest environment's Runtime API is, and which one that is.
#[derive(Default)]
struct Api {
    newest: Mutex<(u64, String)>,
    changed: Condvar,
}

impl Home {
    /// A gateway with these routes, of which `$default` is two-way; nobody plays its function yet.
    pub fn start(routes: &[&str]) -> Self {
        let routes: Vec<String> = routes.iter().map(|key| format!(r#"{{"routeKey":"{key}","twoWay":{}}}"#, *key == "$default")).collect();
        let manifest = Manifest::parse(&format!(r#"{{"routes":[{}]}}"#, routes.join(","))).expect("it is one");
        let program = Function::new("/bin/sh").args(["-c", "echo api $AWS_LAMBDA_RUNTIME_API; exec sleep 100000"]);
        let clock = ManualClock::starting_at(Moment::from_millis(1_777_976_430_100));
        let api = Arc::new(Api::default());
        let found = Arc::clone(&api);
        let builder = LocalGateway::builder(manifest, program)
            .environments(1)
            .clock(clock.clone())
            .on_event(move |event| found.learn(event));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let gateway = runtime.block_on(builder.start()).expect("a gateway");
        Self { gateway, clock, api }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// The address of an environment that is newer than the one of this number, and its number.
    pub fn environment(&self, newer_than: u64) -> (u64, String) {
        let newest = self.api.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.api.changed.wait_timeout_while(newest, PATIENCE, |(number, _)| *number <= newer_than);
        let (newest, timed_out) = wait.unwrap_or_else(PoisonError::into_inner);
        assert!(!timed_out.timed_out(), "no environment starts");
        newest.clone()
    }

    /// The newest environment so far, if there was one.
    pub fn newest(&self) -> (u64, String) {
        self.api.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A TCP connection to the gateway's port.
    pub fn dial(&self) -> TcpStream {
        dial(&format!("127.0.0.1:{}", self.gateway.port())).expect("the gateway listens")
    }

    /// A connection whose handshake is done.
    pub fn socket(&self) -> TcpStream {
        let mut stream = self.dial();
        let request = "GET /dev HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("it is taken");
        let head = read_head(&mut stream).expect("the handshake is answered");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        stream
    }

    /// Plays the function for ever: what a message says comes back, and everything is accepted.
    pub fn echo(&'static self) {
        std::thread::spawn(move || {
            let mut number = 0;
            loop {
                let (next, address) = self.environment_or_wait(number);
                number = next;
                while let Ok((head, event)) = http(&address, "GET", "/2018-06-01/runtime/invocation/next", "", b"") {
                    let Some(id) = header(&head, "lambda-runtime-aws-request-id") else { break };
                    let path = format!("/2018-06-01/runtime/invocation/{id}/response");
                    if http(&address, "POST", &path, "", &answer(&event)).is_err() {
                        break;
                    }
                }
            }
        });
    }

    /// Without a limit: nothing has to need the function.
    fn environment_or_wait(&self, newer_than: u64) -> (u64, String) {
        let newest = self.api.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.api.changed.wait_while(newest, |(number, _)| *number <= newer_than);
        wait.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Api {
    fn learn(&self, event: GatewayEvent) {
        let GatewayEvent::Output { line, .. } = event else { return };
        let Some(address) = line.strip_prefix("api ") else { return };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (newest.0 + 1, address.to_owned());
        self.changed.notify_all();
    }
}

/// What the function returns: the event's body, found without a parser.
fn answer(event: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(event);
    let body = text.find("\"body\":\"").and_then(|at| {
        let body = &text[at + 8..];
        body.find("\",\"isBase64Encoded\"").map(|end| body[..end].to_owned())
    });
    format!("{{\"statusCode\":200,\"body\":\"{}\"}}", body.unwrap_or_default()).into_bytes()
}

/// A connection on which nothing may take long.
pub fn dial(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Everything that comes until the other end closes. That it never does is a hang.
pub fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    if let Err(error) = stream.read_to_end(&mut all) {
        let hangs = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        assert!(!hangs, "nothing came for {PATIENCE:?}");
    }
    all
}

/// An HTTP head with its empty line.
pub fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// One request on a connection of its own; head and body of its answer. `headers` end in `\r\n` each.
pub fn http(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<(String, Vec<u8>)> {
    let mut stream = dial(address)?;
    // The function waits for its next event as long as it takes.
    stream.set_read_timeout(None)?;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let head = read_head(&mut stream)?;
    let mut body = Vec::new();
    stream.read_to_end(&mut body)?;
    Ok((head, body))
}

/// A header of an answer.
pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Reads choices off the fuzzer's bytes; past their end everything is 0.
pub struct Choices<'b>(pub &'b [u8]);

impl<'b> Choices<'b> {
    /// One byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below this.
    pub fn below(&mut self, end: u8) -> u8 {
        self.byte() % end
    }

    /// As many bytes as the next byte says.
    pub fn bytes(&mut self) -> &'b [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }
}
