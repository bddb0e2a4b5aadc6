//! TLS and plain HTTP on one port.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lift_ws_local::Authority;
use lift_ws_local::clock::ManualClock;
use lift_ws_local::core::Moment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{SIGNATURE, Watched, scripted, start};

/// Calls the gateway by a name, trusting this authority alone.
async fn call(watched: &Watched, name: &str, trusted: &Authority) -> std::io::Result<TlsStream<TcpStream>> {
    call_by(watched, name, trusted, &[&TLS13, &TLS12]).await
}

async fn call_by(
    watched: &Watched,
    name: &str,
    trusted: &Authority,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.certificate_pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(watched.address()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
}

#[tokio::test]
async fn a_web_socket_is_served_by_wss_and_by_ws_on_one_port() {
    let authority = Arc::new(Authority::ephemeral().unwrap());
    let watched = start(scripted(&[]).authority(Arc::clone(&authority))).await;
    let mut plain = watched.connect().await;
    for name in ["127.0.0.1", "localhost", "local00000.execute-api.us-east-1.amazonaws.com"] {
        let stream = call(&watched, name, &authority).await.unwrap();
        let url = format!("wss://{}/dev", watched.address());
        let (mut socket, _) = client_async(url, stream).await.unwrap();
        socket.send(Message::text("secret")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("secret"));
        assert_eq!(plain.ask("open").await, "open");
        socket.close(None).await.unwrap();
    }
}

#[tokio::test]
async fn who_trusts_another_authority_does_not_talk_to_the_gateway() {
    let watched = start(scripted(&[])).await;
    let stranger = Authority::ephemeral().unwrap();
    let refused = call(&watched, "localhost", &stranger).await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
}

#[tokio::test]
async fn connections_are_managed_by_https() {
    let authority = Arc::new(Authority::ephemeral().unwrap());
    let watched = start(scripted(&[]).authority(Arc::clone(&authority))).await;
    let mut stream = call(&watched, "127.0.0.1", &authority).await.unwrap();
    let head = format!(
        "GET /dev/@connections/AbCdEdXyZ_wCQr0%3D HTTP/1.1\r\nhost: {}\r\nauthorization: {SIGNATURE}\r\nconnection: close\r\n\r\n",
        watched.address()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 410 "), "{answer}");
    assert!(answer.to_lowercase().contains("x-amzn-errortype: goneexception"), "{answer}");
}

#[tokio::test]
async fn a_client_that_begins_tls_and_stops_is_closed_after_thirty_seconds_of_the_gateways_clock() {
    let clock = ManualClock::starting_at(Moment::from_millis(1_777_976_430_100));
    let watched = start(scripted(&[]).clock(clock.clone())).await;
    let mut half = TcpStream::connect(watched.address()).await.unwrap();
    half.write_all(&[0x16, 3, 1, 2]).await.unwrap();
    // Accepted later, and served: so is the other.
    let mut client = watched.connect().await;
    assert_eq!(client.ask("x").await, "x");
    clock.advance(Duration::from_secs(30));
    let mut byte = [0; 1];
    let end = tokio::time::timeout(Duration::from_secs(30), half.read(&mut byte)).await;
    assert_eq!(end.expect("the gateway closes it").unwrap_or(0), 0);
}

/// Offers this version as the newest, and nothing else that a server could dislike. The answer's content type, and if that is
/// an alert, which.
async fn offer(watched: &Watched, version: u8) -> (u8, Option<u8>) {
    const EXTENSIONS: [u8; 28] = [
        0, 13, 0, 6, 0, 4, 4, 3, 8, 4, // signatures: ECDSA and RSA-PSS with SHA-256
        0, 10, 0, 4, 0, 2, 0, 23, // groups: P-256
        0, 11, 0, 2, 1, 0, // points: uncompressed
        0, 23, 0, 0, // extended master secret
    ];
    let mut hello = vec![3, version];
    hello.extend([7; 32]); // random
    hello.push(0); // no session
    hello.extend([0, 4, 0xc0, 0x2b, 0xc0, 0x2f]); // ECDHE with AES-128-GCM
    hello.extend([1, 0]); // no compression
    hello.extend([0, 28]);
    hello.extend(EXTENSIONS);
    let mut message = vec![1, 0, 0, u8::try_from(hello.len()).unwrap()];
    message.extend(hello);
    let mut record = vec![0x16, 3, 1, 0, u8::try_from(message.len()).unwrap()];
    record.extend(message);
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.unwrap();
    (answer[0], Some(answer[6]).filter(|_| answer[0] == 0x15))
}

// §6.1: "TLS | 1.2 and 1.3 only"
#[tokio::test]
async fn tls_is_1_2_or_1_3_and_nothing_older() {
    let authority = Arc::new(Authority::ephemeral().unwrap());
    let watched = start(scripted(&[]).authority(Arc::clone(&authority))).await;
    for version in [&TLS12, &TLS13] {
        let stream = call_by(&watched, "localhost", &authority, &[version]).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
    }
    const PROTOCOL_VERSION: u8 = 70;
    for older in [0, 1, 2] {
        assert_eq!(offer(&watched, older).await, (0x15, Some(PROTOCOL_VERSION)), "3.{older}");
    }
    assert_eq!(offer(&watched, 3).await, (0x16, None), "the version is all that was wrong");
}

#[tokio::test]
async fn noise_that_looks_like_tls_harms_nobody() {
    let watched = start(scripted(&[])).await;
    for noise in [&[0x16; 600][..], &[0x16, 3, 3, 0xff, 0xff], b"\x16\x03\x01\x00\x02\x01\x00"] {
        let mut stream = TcpStream::connect(watched.address()).await.unwrap();
        stream.write_all(noise).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.len() < 64, "an alert at most: {answer:?}");
    }
    assert_eq!(watched.connect().await.ask("x").await, "x");
}
