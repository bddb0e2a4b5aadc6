//! What tokio-tungstenite can do at best: it sends back what comes.

use super::clients::config;
use futures_util::{SinkExt, StreamExt};
use std::sync::mpsc::channel;
use tokio::net::{TcpListener, TcpStream};

/// Starts a server on a thread of its own, which lasts as long as the program; returns its address.
///
/// # Errors
///
/// When it cannot be started.
pub(super) fn start() -> Result<String, String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let serving = runtime.map(|runtime| {
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let _ = tell.send(listener.local_addr());
                loop {
                    let (stream, _) = listener.accept().await?;
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(echo(stream));
                }
            })
        });
        let _: Result<Result<(), std::io::Error>, _> = serving;
    });
    let address = told.recv().map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    Ok(format!("ws://{address}"))
}

async fn echo(stream: TcpStream) {
    let accepted = tokio_tungstenite::accept_async_with_config(stream, Some(config())).await;
    let Ok(mut socket) = accepted else { return };
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() && socket.send(message).await.is_err() {
            return;
        }
    }
}
