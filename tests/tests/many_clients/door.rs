//! What holds the function's processes until the test lets them go on.

use crate::PATIENCE;
use std::io;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// In the test: who comes has to wait until its connection is dropped.
pub(crate) struct Door(TcpListener);

impl Door {
    pub(crate) async fn closed() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// So many are waiting; they go on when what this returns is dropped.
    pub(crate) async fn until_waiting(&self, wanted: usize) -> Vec<TcpStream> {
        let mut waiting = Vec::with_capacity(wanted);
        let arrivals = async {
            while waiting.len() < wanted {
                waiting.push(self.0.accept().await.unwrap().0);
            }
        };
        let all = timeout(PATIENCE, arrivals).await;
        assert!(all.is_ok(), "{} of {wanted} came", waiting.len());
        waiting
    }
}

/// In a process of the function: returns when the door is opened.
pub(crate) async fn pass(address: &str) -> io::Result<()> {
    let mut door = TcpStream::connect(address).await?;
    door.read_to_end(&mut Vec::new()).await?;
    Ok(())
}
