//! One WebSocket from its 101 to its end.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::inflow::Inflow;
use super::outbox::{OutboxReader, Outgoing};
use crate::core::{ConnectionId, FrameFault, Input, Limits};
use crate::owner::{Command, Owner};
use crate::tls::Wire;

/// Bytes that are read in one go, of which each connection holds as many while it is idle. They are cleared before each read.
const READ_BUFFER: usize = 4 * 1024;
/// How long a client may take to answer a close frame, or to read it. Sockets need real time.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of small messages that are written in one go.
const BATCH_BYTES: usize = 64 * 1024;
/// A close frame has 125 bytes, two of them for the code (RFC 6455 §5.5).
const MAX_REASON_BYTES: usize = 123;

/// Why a socket needs no more attention.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The closing handshake is complete, or the client is gone.
    Done,
    /// A close frame was sent after bytes that cannot be understood: what follows them is noise.
    Drain,
}

pub(super) struct Socket {
    stream: WebSocketStream<Wire>,
    connection: ConnectionId,
    outbox: OutboxReader,
    inflow: Inflow,
    owner: Owner,
    frame_bytes: usize,
    /// Bytes that were taken from the outbox and are not flushed yet.
    unflushed: usize,
    needs_flush: bool,
    /// Bytes of answers to pings that are not flushed yet.
    pongs: usize,
    reads: Reads,
    close_sent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Messages are passed to the gateway.
    Open,
    /// The client has sent its close frame; only the end of the connection is awaited.
    Closed,
    /// The client has sent something that is not understood; the gateway will close.
    Faulty,
}

impl Socket {
    /// Takes over a connection whose 101 is sent; `early` is what the client sent right behind its request.
    pub(super) async fn new(
        stream: Wire,
        early: Bytes,
        connection: ConnectionId,
        outbox: OutboxReader,
        limits: &Limits,
        owner: Owner,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(16 * 1024)
            .max_frame_size(Some(limits.frame_bytes))
            .max_message_size(Some(limits.message_bytes));
        let stream =
            WebSocketStream::from_partially_read(stream, early.into(), Role::Server, Some(config)).await;
        Self {
            stream,
            connection,
            outbox,
            inflow: Inflow::default(),
            owner,
            frame_bytes: limits.frame_bytes,
            unflushed: 0,
            needs_flush: false,
            pongs: 0,
            reads: Reads::Open,
            close_sent: false,
        }
    }

    /// Carries messages both ways until the connection has ended.
    pub(super) async fn run(mut self) {
        let end = poll_fn(|cx| self.poll(cx)).await;
        let Some(end) = end else {
            // The closing handshake begins; the client has a while to complete it.
            let closing = poll_fn(|cx| self.poll_closing(cx));
            if timeout(CLOSE_TIMEOUT, closing).await == Ok(End::Drain) {
                self.drain().await;
            }
            return;
        };
        if end == End::Drain {
            self.drain().await;
        }
    }

    /// `None` when a close frame is to be sent or was received, after which time is limited: a client that does not
    /// read would never get it.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        loop {
            if let Poll::Ready(end) = self.poll_outgoing(cx) {
                return Poll::Ready(Some(end));
            }
            if self.close_sent || self.reads == Reads::Closed || self.outbox.is_final(cx) {
                return Poll::Ready(None);
            }
            // A client that does not read is not read from, as its unread replies would pile up; nor is one that
            // sends faster than the function answers.
            if self.reads == Reads::Faulty || self.outbox.is_full() || self.inflow.is_full(cx) {
                return Poll::Pending;
            }
            if let Some(end) = std::task::ready!(self.poll_incoming(cx)) {
                return Poll::Ready(Some(end));
            }
        }
    }

    fn poll_closing(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Poll::Ready(end) = self.poll_outgoing(cx) {
                return Poll::Ready(end);
            }
            if self.reads == Reads::Faulty {
                return if self.needs_flush { Poll::Pending } else { Poll::Ready(End::Drain) };
            }
            if let Some(end) = std::task::ready!(self.poll_incoming(cx)) {
                return Poll::Ready(end);
            }
        }
    }

    /// Writes what there is to write; ready only when the connection has failed or the gateway has ended.
    fn poll_outgoing(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Poll::Ready(end) = self.poll_flush(cx) {
                return Poll::Ready(end);
            }
            if self.needs_flush || self.close_sent || self.reads == Reads::Closed {
                return Poll::Pending;
            }
            while self.unflushed < BATCH_BYTES && !self.close_sent {
                match self.outbox.poll_next(cx) {
                    Poll::Ready(Some(outgoing)) => self.write(outgoing),
                    Poll::Ready(None) => return Poll::Ready(End::Done),
                    Poll::Pending => break,
                }
            }
            if !self.needs_flush {
                return Poll::Pending;
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if !self.needs_flush {
            return Poll::Pending;
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => {
                self.lost();
                return Poll::Ready(End::Done);
            }
        }
        self.outbox.sent(std::mem::take(&mut self.unflushed));
        self.pongs = 0;
        self.needs_flush = false;
        Poll::Pending
    }

    fn write(&mut self, outgoing: Outgoing) {
        self.needs_flush = true;
        match outgoing {
            Outgoing::Text(text) => {
                self.unflushed += text.len();
                self.write_text(text);
            }
            Outgoing::Close { code, reason } => {
                self.close_sent = true;
                let reason = truncated(reason, MAX_REASON_BYTES).into();
                let frame = CloseFrame { code: code.into(), reason };
                let _ = Pin::new(&mut self.stream).start_send(Message::Close(Some(frame)));
            }
        }
    }

    /// Messages above the frame limit go out in fragments (contract §6.3).
    fn write_text(&mut self, text: String) {
        // A failed write shows when it is flushed.
        if text.len() <= self.frame_bytes {
            let _ = Pin::new(&mut self.stream).start_send(Message::Text(text.into()));
            return;
        }
        let mut rest = Bytes::from(text);
        let mut kind = Data::Text;
        while !rest.is_empty() {
            let fragment = rest.split_to(rest.len().min(self.frame_bytes));
            let frame = Frame::message(fragment, OpCode::Data(kind), rest.is_empty());
            let _ = Pin::new(&mut self.stream).start_send(Message::Frame(frame));
            kind = Data::Continue;
        }
    }

    /// Takes in one message; `Some` when there will be no more.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        // A client that pings and does not read would fill the memory; the flush that is under way wakes the task.
        if self.needs_flush && self.pongs >= BATCH_BYTES {
            return Poll::Pending;
        }
        let message = std::task::ready!(Pin::new(&mut self.stream).poll_next(cx));
        Poll::Ready(match message {
            Some(Ok(message)) => {
                self.received(message);
                None
            }
            Some(Err(error)) => match fault_of(&error, self.frame_bytes) {
                Some(fault) => {
                    self.faulty(fault);
                    None
                }
                None => {
                    self.lost();
                    Some(End::Done)
                }
            },
            None => Some(End::Done),
        })
    }

    fn received(&mut self, message: Message) {
        if self.reads != Reads::Open || self.close_sent {
            return;
        }
        let connection = self.connection.clone();
        let input = match message {
            Message::Text(text) => {
                let open = self.inflow.open(text.len());
                let text = text.as_str().to_owned();
                return self.owner.tell(Command::Message { connection, text, open });
            }
            Message::Binary(_) => return self.faulty(FrameFault::Binary),
            Message::Close(frame) => {
                self.reads = Reads::Closed;
                let (code, reason) = match frame {
                    Some(frame) => (Some(u16::from(frame.code)), frame.reason.as_str().to_owned()),
                    None => (None, String::new()),
                };
                Input::Closed { connection, code, reason }
            }
            Message::Ping(payload) => {
                // The answer was queued by the protocol; make sure that it leaves.
                self.needs_flush = true;
                self.pongs += 2 + payload.len();
                Input::Ping { connection }
            }
            Message::Pong(_) | Message::Frame(_) => return,
        };
        self.owner.tell(Command::Happened(input));
    }

    fn faulty(&mut self, fault: FrameFault) {
        if self.reads == Reads::Open && !self.close_sent {
            let connection = self.connection.clone();
            self.owner.tell(Command::Happened(Input::BadFrame { connection, fault }));
        }
        self.reads = Reads::Faulty;
    }

    fn lost(&mut self) {
        if self.reads == Reads::Open && !self.close_sent {
            let connection = self.connection.clone();
            self.owner.tell(Command::Happened(Input::Lost { connection }));
        }
        self.reads = Reads::Closed;
    }

    /// Reads and forgets until the client hangs up. Closing with unread bytes would reset the connection, and
    /// the client might never see the close frame.
    async fn drain(self) {
        let mut stream = self.stream.into_inner();
        let _ = stream.shutdown().await;
        let mut noise = vec![0; 16 * 1024];
        let drained = async { while matches!(stream.read(&mut noise).await, Ok(1..)) {} };
        let _ = timeout(CLOSE_TIMEOUT, drained).await;
    }
}

/// What the client did wrong; `None` if the connection itself failed.
fn fault_of(error: &Error, frame_bytes: usize) -> Option<FrameFault> {
    match error {
        // The limit that was exceeded tells which of the two it is.
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) if *max_size == frame_bytes => {
            Some(FrameFault::FrameTooLarge)
        }
        Error::Capacity(_) => Some(FrameFault::MessageTooLarge),
        Error::Utf8(_) => Some(FrameFault::InvalidUtf8),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(FrameFault::Protocol),
        _ => None,
    }
}

fn truncated(mut text: String, max: usize) -> String {
    let end = text.floor_char_boundary(max);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Outbox;
    use std::io::{ErrorKind, Write as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::task::yield_now;

    #[tokio::test]
    async fn a_client_that_pings_and_reads_nothing_is_read_from_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_nonblocking(true).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (_outbox, reader) = Outbox::new();
        let (owner, _commands) = Owner::new();
        let limits = Limits::default();
        let mut socket =
            Socket::new(Wire::Plain(stream), Bytes::new(), "AbC=".into(), reader, &limits, owner).await;
        let pings = [&[0x89, 0xfd, 0, 0, 0, 0][..], &[b'x'; 125]].concat().repeat(500);
        let (mut at, mut written, mut blocked) = (0, 0, 0);
        while blocked < 1_000 {
            match client.write(&pings[at..]) {
                Ok(bytes) => (at, written, blocked) = ((at + bytes) % pings.len(), written + bytes, 0),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    blocked += 1;
                }
            }
            assert!(poll_fn(|cx| Poll::Ready(socket.poll(cx))).await.is_pending());
            yield_now().await;
            // Much more than the buffers of both ends take, there and back.
            assert!(written < 256 * 1024 * 1024, "it is read from for ever");
        }
        assert!(socket.pongs >= BATCH_BYTES, "it was stopped by something else");
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_has_no_more_time_to_be_closed_than_any_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (outbox, reader) = Outbox::new();
        let (owner, _commands) = Owner::new();
        let limits = Limits::default();
        let mut socket =
            Socket::new(Wire::Plain(stream), Bytes::new(), "AbC=".into(), reader, &limits, owner).await;
        // More than the buffers of both ends take.
        for _ in 0..256 {
            outbox.send("x".repeat(64 * 1024));
        }
        outbox.close(1000, String::new());
        drop(outbox);
        let closing = timeout(Duration::from_secs(60), poll_fn(|cx| socket.poll(cx))).await;
        assert_eq!(closing.expect("its time begins"), None);
        assert!(!socket.close_sent, "it has read something");
        drop(client);
        let end = timeout(Duration::from_secs(60), poll_fn(|cx| socket.poll_closing(cx))).await;
        assert_eq!(end.expect("it is gone"), End::Done);
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(truncated("short".to_owned(), 123), "short");
        assert_eq!(truncated("\u{e4}".repeat(100), 123).len(), 122);
    }
}
