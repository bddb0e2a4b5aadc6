//! A management API that takes every post: `management-api LATENCY_MS [CERTIFICATE KEY]`.
//!
//! It prints its port, and does as little as it can: what is measured is who posts.

#![allow(clippy::print_stdout, reason = "the port is the output")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let latency: u64 = arguments.next().ok_or("a latency in milliseconds")?.parse()?;
    let tls = arguments.next().zip(arguments.next()).map(|(cert, key)| acceptor(&cert, &key)).transpose()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (tls, latency) = (tls.clone(), Duration::from_millis(latency));
        tokio::spawn(async move {
            match tls {
                None => converse(socket, latency).await,
                Some(tls) => converse(tls.accept(socket).await.ok()?, latency).await,
            }
        });
    }
}

fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor, Box<dyn Error>> {
    let certificate = CertificateDer::from_pem_file(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn converse(mut socket: impl AsyncRead + AsyncWrite + Unpin, latency: Duration) -> Option<()> {
    let mut bytes = Vec::with_capacity(8 * 1024);
    loop {
        while let Some(end) = end_of_request(&bytes) {
            bytes.drain(..end);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            socket.write_all(OK).await.ok()?;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn end_of_request(bytes: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"content-length: ";
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let length = bytes[..head].windows(LENGTH.len()).position(|name| name.eq_ignore_ascii_case(LENGTH));
    let digits = bytes[length? + LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    (bytes.len() >= head + length).then_some(head + length)
}
