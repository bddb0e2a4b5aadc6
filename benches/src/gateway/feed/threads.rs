//! The bare Runtime API with a blocked thread for each connection.

use super::Feed;
use crate::runtime_api::server::answer_at_once;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

/// Starts it; returns its address.
pub(super) fn start(feed: Arc<Feed>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let feed = Arc::clone(&feed);
            thread::spawn(move || answer_at_once(stream, &feed.event, &feed.count));
        }
    });
    Ok(address)
}
