//! One connection, playing the script.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::endpoint::Socket;
use super::script::{Script, Step};
use super::tally::Tally;
use crate::terminal::one_line;

/// How long the other side has to answer a close frame.
const CLOSING: Duration = Duration::from_secs(2);

/// As much of a reason as a close frame holds (RFC 6455 §5.5).
const REASON_CHARACTERS: usize = 123;

pub(super) struct Client {
    pub(super) number: u64,
    pub(super) socket: Socket,
    pub(super) script: Arc<Script>,
    pub(super) tally: Arc<Tally>,
    pub(super) patience: Duration,
}

/// Why a connection plays no further.
enum End {
    /// The other side has closed, or the network has.
    Lost(String),
    Stopped,
}

impl Client {
    /// Plays until `stop` says so, then closes.
    pub(super) async fn play(mut self, mut stop: watch::Receiver<bool>) {
        let end = tokio::select! {
            end = self.steps() => end,
            _ = stop.wait_for(|stop| *stop) => End::Stopped,
        };
        match end {
            End::Lost(why) => self.tally.lost(why),
            End::Stopped => self.close().await,
        }
    }

    async fn steps(&mut self) -> End {
        match self.all_steps().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn all_steps(&mut self) -> Result<std::convert::Infallible, End> {
        let script = Arc::clone(&self.script);
        let (mut message, mut sent_at) = (0, Instant::now());
        for step in &script.first {
            self.step(step, &mut message, &mut sent_at).await?;
        }
        loop {
            if script.repeated.is_empty() {
                self.next().await?;
                self.tally.unasked();
            }
            for step in &script.repeated {
                self.step(step, &mut message, &mut sent_at).await?;
            }
        }
    }

    async fn step(&mut self, step: &Step, message: &mut u64, sent_at: &mut Instant) -> Result<(), End> {
        match step {
            Step::Send(text) => {
                *message += 1;
                let text = text.text(self.number, *message);
                *sent_at = Instant::now();
                self.socket.send(Message::text(text)).await.map_err(|error| End::Lost(words(&error)))?;
                self.tally.sent();
            }
            Step::Receive(text) => {
                let text = text.text(self.number, *message);
                match timeout(self.patience, self.until(&text)).await {
                    Ok(received) => {
                        let received = received?;
                        self.tally.answered(self.number, sent_at.elapsed());
                        if let Some(code) = refusal(&received) {
                            self.tally.refused(code);
                        }
                    }
                    Err(_) => self.tally.unanswered(),
                }
            }
            Step::Pause(time) => self.listen(*time).await?,
        }
        Ok(())
    }

    /// Reads until a message has this text.
    async fn until(&mut self, text: &str) -> Result<String, End> {
        loop {
            let received = self.next().await?;
            if received.contains(text) {
                return Ok(received);
            }
            self.tally.unasked();
        }
    }

    /// Reads what comes for this time: a client that does not read holds up the other side.
    async fn listen(&mut self, time: Duration) -> Result<(), End> {
        let over = sleep(time);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Ok(()),
                received = self.next() => {
                    received?;
                    self.tally.unasked();
                }
            }
        }
    }

    async fn next(&mut self) -> Result<String, End> {
        loop {
            return match self.socket.next().await {
                Some(Ok(Message::Text(text))) => Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => Err(End::Lost(closed(frame.as_ref()))),
                Some(Ok(_)) => continue,
                Some(Err(error)) => Err(End::Lost(words(&error))),
                None => Err(End::Lost("the connection ended without a close frame".to_owned())),
            };
        }
    }

    async fn close(&mut self) {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let closed = async {
            let _ = self.socket.close(Some(frame)).await;
            while let Some(Ok(_)) = self.socket.next().await {}
        };
        let _ = timeout(CLOSING, closed).await;
    }
}

/// The code of an error frame, so that a load of refusals does not pass for a load of answers.
fn refusal(received: &str) -> Option<String> {
    if !received.contains(r#""error""#) {
        return None;
    }
    let frame: serde_json::Value = serde_json::from_str(received).ok()?;
    (frame["type"] == "error").then(|| frame["code"].as_str().unwrap_or("no code").to_owned())
}

fn closed(frame: Option<&CloseFrame>) -> String {
    match frame {
        Some(frame) if frame.reason.is_empty() => format!("closed with {}", u16::from(frame.code)),
        Some(frame) => {
            format!("closed with {}, {}", u16::from(frame.code), one_line(&frame.reason, REASON_CHARACTERS))
        }
        None => "closed without a code".to_owned(),
    }
}

/// The words for the report: those that many connections share.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::Http(response) => format!("refused with {}", response.status()),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_of_the_other_side_moves_the_cursor() {
        let frame = CloseFrame { code: CloseCode::Policy, reason: "no\n\u{1b}[2J\u{202e}".into() };
        assert_eq!(closed(Some(&frame)), "closed with 1008, no \u{fffd}[2J\u{fffd}");
    }

    #[test]
    fn only_error_frames_are_refusals() {
        let frame = r#"{"type":"error","code":"too_large","message":"less"}"#;
        assert_eq!(refusal(frame).as_deref(), Some("too_large"));
        assert_eq!(refusal(r#"{"type":"error"}"#).as_deref(), Some("no code"));
        for other in
            [r#"{"type":"reply","data":"error"}"#, r#""error""#, r#"["error"]"#, r#"{"error""#, "pong"]
        {
            assert_eq!(refusal(other), None, "{other}");
        }
    }
}
