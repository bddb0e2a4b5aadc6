//! An internal extension that asks for no events. Lambda sends SIGTERM only to functions that have one.
//!
//! Two requests, written by hand: a client library for them would be a tenth of a small function's binary.

use std::io::{self, ErrorKind, Write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NAME: &str = "_lift-ws-graceful-shutdown";
/// Far more than the head of an answer of the Extensions API.
const LARGEST_HEAD: usize = 16 * 1024;

/// A registration that was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    api: String,
    stream: std::net::TcpStream,
}

/// Asks for the registration. Not async, so that the answer is on its way while everything else is made: the API is
/// on this machine, and takes a connection and a short request at once.
///
/// # Errors
/// If the Extensions API cannot be reached.
pub(super) fn ask(api: String) -> io::Result<Asked> {
    let body = r#"{"events":[]}"#;
    let request = format!(
        "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: {api}\r\nLambda-Extension-Name: {NAME}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(&api)?;
    stream.write_all(request.as_bytes())?;
    Ok(Asked { api, stream })
}

impl Asked {
    /// Waits for the registration, and returns the future that waits, as an extension must, for events that never
    /// come.
    ///
    /// # Errors
    /// If the Extensions API refuses.
    pub(super) async fn registered(self) -> io::Result<impl Future<Output = io::Result<()>>> {
        self.stream.set_nonblocking(true)?;
        let head = head(&mut TcpStream::from_std(self.stream)?).await?;
        let id = identifier(&head).ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidData, head.lines().next().unwrap_or_default().to_owned())
        })?;
        Ok(wait(self.api, id.to_owned()))
    }
}

/// Asks for the next event. There is none: the process ends before the answer comes.
async fn wait(api: String, id: String) -> io::Result<()> {
    let mut stream = TcpStream::connect(&api).await?;
    let request = format!(
        "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: {api}\r\nLambda-Extension-Identifier: {id}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    head(&mut stream).await.map(drop)
}

/// An answer up to the empty line.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            head.truncate(end);
            return Ok(String::from_utf8_lossy(&head).into_owned());
        }
        if head.len() > LARGEST_HEAD {
            return Err(ErrorKind::InvalidData.into());
        }
    }
}

/// `Lambda-Extension-Identifier`, if the registration was accepted.
fn identifier(head: &str) -> Option<&str> {
    let mut lines = head.lines();
    let accepted = lines.next()?.split(' ').nth(1)? == "200";
    let id = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("lambda-extension-identifier").then(|| value.trim())
    });
    id.filter(|_| accepted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn the_identifier_is_found_whatever_the_case_of_its_name() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nlambda-extension-identifier: 8c3a";
        assert_eq!(identifier(head), Some("8c3a"));
        assert_eq!(identifier(&head.replace("lambda-e", "Lambda-E")), Some("8c3a"));
    }

    #[test]
    fn a_refusal_or_an_answer_without_identifier_is_no_registration() {
        assert_eq!(identifier("HTTP/1.1 403 Forbidden\r\nLambda-Extension-Identifier: 8c3a"), None);
        assert_eq!(identifier("HTTP/1.1 200 OK\r\nContent-Length: 0"), None);
        assert_eq!(identifier(""), None);
    }

    #[tokio::test]
    async fn after_registering_it_asks_for_events_with_its_identifier() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = listener.local_addr().unwrap().to_string();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let asked = head(&mut stream).await.unwrap();
            assert!(asked.starts_with("POST /2020-01-01/extension/register "), "{asked}");
            // in two pieces, as a network may deliver it
            stream.write_all(b"HTTP/1.1 200 OK\r\nLambda-Extension-Iden").await.unwrap();
            stream.write_all(b"tifier: 8c3a\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            head(&mut stream).await.unwrap()
        };
        let extension = async {
            let waiting = ask(api).unwrap().registered().await.unwrap();
            assert!(waiting.await.is_err(), "the server hung up");
        };
        let (asked, ()) = tokio::join!(server, extension);
        assert!(asked.starts_with("GET /2020-01-01/extension/event/next "), "{asked}");
        assert!(asked.contains("Lambda-Extension-Identifier: 8c3a"), "{asked}");
    }
}
