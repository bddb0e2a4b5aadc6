//! Requests that come in the smallest pieces there are: each byte is read before the next one is sent.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::RuntimeApi;
use super::direct;
use crate::environments::{EnvironmentId, FunctionAnswer, Receipt};
use crate::owner::{Command, Owner};

/// Nothing takes this long; it turns a test that would hang into one that fails.
const PATIENCE: Duration = Duration::from_secs(30);
const ID: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const POLL: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: 127.0.0.1:9001\r\n\r\n";
const BODY: &str = "{\"statusCode\":200,\"body\":\"\\r\\n\\r\\n é\"}";
/// How each answer that was taken ends.
const TAKEN: &str = "{\"status\":\"OK\"}\n";

fn response(more: &str, body: &str) -> String {
    format!(
        "POST /2018-06-01/runtime/invocation/{ID}/response HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n{more}\r\n{body}"
    )
}

fn usual_response() -> String {
    response(&format!("content-length: {}\r\n", BODY.len()), BODY)
}

/// Not for the quick way, so that the HTTP library takes the connection over in the middle of a request.
fn response_in_pieces() -> String {
    let (one, two) = BODY.split_at(7);
    let pieces = format!("{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
    response("transfer-encoding: chunked\r\n", &pieces)
}

/// A program's connection to the Runtime API, whose owner is the test.
struct Program {
    stream: TcpStream,
    /// The API's side of it, to see what has not been read yet.
    unread: std::net::TcpStream,
    serving: JoinHandle<()>,
    asked: mpsc::UnboundedReceiver<Command>,
}

impl Program {
    async fn open() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        // Else the operating system would gather what is sent byte by byte.
        stream.set_nodelay(true).unwrap();
        let (served, _) = listener.accept().unwrap();
        served.set_nonblocking(true).unwrap();
        let unread = served.try_clone().unwrap();
        let (owner, asked) = Owner::new();
        let api = RuntimeApi {
            environment: EnvironmentId(1),
            function_name: "chat".to_owned(),
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:chat".to_owned(),
            owner,
        };
        let served = TcpStream::from_std(served).unwrap();
        let serving = tokio::spawn(direct::serve_connection(api.into(), served));
        Self { stream, unread, serving, asked }
    }

    /// Sends a request of which nobody hears before its last byte has been read.
    async fn send_by_bytes(&mut self, request: &str) {
        for (number, byte) in request.bytes().enumerate() {
            assert!(self.asked.is_empty(), "asked after {number} of {} bytes", request.len());
            self.stream.writable().await.unwrap();
            assert_eq!(self.stream.try_write(&[byte]).unwrap(), 1);
            // The API has the same thread: it cannot read it before it is seen here.
            let until = Instant::now() + PATIENCE;
            while !self.has_unread() {
                assert!(Instant::now() < until, "byte {number} does not arrive");
                std::thread::yield_now();
            }
            let read = async {
                while self.has_unread() {
                    tokio::task::yield_now().await;
                }
            };
            timeout(PATIENCE, read).await.unwrap_or_else(|_| panic!("byte {number} is not read"));
        }
    }

    fn has_unread(&self) -> bool {
        match self.unread.peek(&mut [0; 2]) {
            Ok(bytes) => {
                assert_eq!(bytes, 1, "one byte at a time");
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }

    async fn command(&mut self) -> Command {
        timeout(PATIENCE, self.asked.recv()).await.expect("the API asks").expect("the API has not ended")
    }

    /// What is written until the end of an answer that was taken.
    async fn taken(&mut self) -> String {
        let mut answer = Vec::new();
        let read = async {
            while !answer.ends_with(TAKEN.as_bytes()) {
                answer.push(self.stream.read_u8().await.unwrap());
            }
        };
        timeout(PATIENCE, read).await.expect("an answer comes");
        String::from_utf8(answer).unwrap()
    }
}

#[tokio::test]
async fn answers_are_taken_whole_with_their_last_byte_also_when_the_library_takes_over() {
    let mut program = Program::open().await;
    let mut taken = Vec::new();
    for request in [usual_response(), usual_response(), response_in_pieces(), usual_response()] {
        program.send_by_bytes(&request).await;
        match program.command().await {
            Command::Answered { environment, request, answer: FunctionAnswer::Response(body), reply } => {
                assert_eq!((environment, request.to_string().as_str()), (EnvironmentId(1), ID));
                assert_eq!(body, BODY);
                reply.send(Receipt::Accepted).unwrap();
            }
            other => panic!("no answer to an event, but {other:?}"),
        }
        taken.push(program.taken().await.to_ascii_lowercase());
    }
    assert!(taken[0].starts_with("http/1.1 202 accepted\r\n"), "{}", taken[0]);
    assert!(taken.iter().all(|answer| *answer == taken[0]), "{taken:?}");
}

#[tokio::test]
async fn a_poll_asks_with_its_last_byte() {
    for poll in [POLL.to_owned(), POLL.replace("\r\n\r\n", "\r\nsec-fetch-site: none\r\n\r\n")] {
        let mut program = Program::open().await;
        program.send_by_bytes(&poll).await;
        let command = program.command().await;
        assert!(matches!(command, Command::Polled { environment: EnvironmentId(1), .. }), "{command:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_cut_off_anywhere_asks_for_nothing_and_ends_its_connection() {
    for request in [POLL.to_owned(), usual_response(), response_in_pieces()] {
        for end in 0..request.len() {
            let mut program = Program::open().await;
            program.stream.write_all(&request.as_bytes()[..end]).await.unwrap();
            program.stream.shutdown().await.unwrap();
            let ended = timeout(PATIENCE, program.serving).await;
            ended.unwrap_or_else(|_| panic!("it is still served after {end} bytes")).unwrap();
            assert!(program.asked.try_recv().is_err(), "asked after {end} of {} bytes", request.len());
        }
    }
}

#[tokio::test]
async fn a_poll_ends_with_its_connection_also_if_another_was_sent_after_it() {
    let mut program = Program::open().await;
    program.stream.write_all(POLL.as_bytes()).await.unwrap();
    let Command::Polled { poll, .. } = program.command().await else { panic!("no poll") };
    program.stream.write_all(POLL.as_bytes()).await.unwrap();
    program.stream.shutdown().await.unwrap();
    timeout(PATIENCE, program.serving).await.expect("it is served no more").unwrap();
    assert!(poll.is_closed(), "an event would go nowhere");
}
