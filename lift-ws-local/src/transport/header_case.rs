//! The spelling of header names as the client sent them.
//!
//! CONNECT events carry header names in the client's case (contract §2.1), but an HTTP library has them in
//! lower case only. So the first bytes of a connection are looked at before they are parsed.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::tls::Wire;

/// No request head is longer.
const MAX_SEEN_BYTES: usize = 64 * 1024;

/// A client's connection that remembers what a request begins with.
#[derive(Debug)]
pub(super) struct Overheard {
    stream: Wire,
    first: FirstBytes,
}

/// The first bytes of a request, until they are taken.
#[derive(Clone, Debug)]
pub(super) struct FirstBytes(Arc<Mutex<Option<Vec<u8>>>>);

impl Overheard {
    pub(super) fn new(stream: Wire) -> (Self, FirstBytes) {
        let first = FirstBytes(Arc::new(Mutex::new(Some(Vec::new()))));
        (Self { stream, first: first.clone() }, first)
    }

    pub(super) fn into_inner(self) -> Wire {
        self.stream
    }
}

impl FirstBytes {
    /// What has come so far; from now on nothing is remembered, as it is the body.
    pub(super) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// The request is answered: what comes now is the head of the next. A head that has come before the answer
    /// is not remembered; its names are in lower case.
    pub(super) fn restart(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    fn add(&self, bytes: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen.as_mut() {
            let room = MAX_SEEN_BYTES.saturating_sub(seen.len());
            seen.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

/// The names of a request's head: lower case to the client's spelling.
pub(super) fn spellings(head: &[u8]) -> HashMap<String, String> {
    let lines = head.split(|byte| *byte == b'\n').skip(1);
    let headers = lines.take_while(|line| !line.trim_ascii().is_empty());
    let names = headers.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        std::str::from_utf8(&line[..colon]).ok()
    });
    names.map(|name| (name.to_ascii_lowercase(), name.to_owned())).collect()
}

impl AsyncRead for Overheard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let new = &buffer.filled()[before..];
        if !new.is_empty() {
            self.first.add(new);
        }
        result
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_the_clients_spelling() {
        let head = b"GET /dev HTTP/1.1\r\nhOST: x\r\nX-Mine:y\r\n\r\nBody-Line: no\r\n";
        let names = spellings(head);
        assert_eq!(names.get("host").map(String::as_str), Some("hOST"));
        assert_eq!(names.get("x-mine").map(String::as_str), Some("X-Mine"));
        assert_eq!(names.len(), 2);
    }
}
