//! Clients in a closed loop: each sends its next message when the last is answered.

use futures_util::future::try_join_all;
use futures_util::{SinkExt, StreamExt};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// For the server's side too: what is read is cleared before, so that the usual 128 KiB would be most of the work.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4 * 1024)
}

/// What the clients have seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    pub(super) count: usize,
    pub(super) per_second: f64,
    /// Milliseconds.
    pub(super) p99: f64,
}

impl Answered {
    pub(super) fn or_better(self, other: Self) -> Self {
        if other.per_second > self.per_second { other } else { self }
    }
}

/// Loads an address for this time. Every answer must have `expected` in it.
///
/// # Errors
///
/// When a client cannot connect or is answered wrongly.
pub(super) fn load(
    address: &str,
    connections: usize,
    message: &'static str,
    expected: &'static str,
    time: Duration,
) -> Result<Answered, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let connect = |_| connect_async_with_config(address, Some(config()), true);
        let sockets = try_join_all((0..connections).map(connect)).await;
        let sockets = sockets.map_err(|error| format!("{address}: {error}"))?;
        let begun = Instant::now();
        let clients = sockets.into_iter().map(|(socket, _)| {
            // Tasks of their own: one that is woken does not cost a look at all the others.
            tokio::spawn(talk(socket, message, expected, begun + time))
        });
        let clients = try_join_all(clients).await.map_err(|error| error.to_string())?;
        let elapsed = begun.elapsed().as_secs_f64();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.append(&mut client?);
        }
        latencies.sort_unstable();
        let p99 =
            latencies.get(latencies.len() * 99 / 100).map_or(f64::MAX, |micros| f64::from(*micros) / 1e3);
        Ok(Answered { count: latencies.len(), per_second: latencies.len() as f64 / elapsed, p99 })
    })
}

/// The microseconds that each answer took.
async fn talk(
    mut socket: Socket,
    message: &'static str,
    expected: &'static str,
    until: Instant,
) -> Result<Vec<u32>, String> {
    let mut latencies = Vec::new();
    let mut sent = Instant::now();
    while sent < until {
        socket.send(Message::text(message)).await.map_err(|error| error.to_string())?;
        match socket.next().await {
            Some(Ok(Message::Text(answer))) if answer.contains(expected) => {}
            other => return Err(format!("unexpected answer: {other:?}")),
        }
        let now = Instant::now();
        latencies.push(u32::try_from((now - sent).as_micros()).unwrap_or(u32::MAX));
        sent = now;
    }
    let _ = socket.close(None).await;
    Ok(latencies)
}
