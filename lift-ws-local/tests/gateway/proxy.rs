//! The port as a proxy that leads to itself.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{PATIENCE, SIGNATURE, Watched, scripted, start};

const NAME: &str = "local00000.execute-api.us-east-1.amazonaws.com";

/// Asks for a tunnel; the connection, and the status of the answer.
async fn connect(watched: &Watched, target: &str) -> (TcpStream, String) {
    let exchange = async {
        let mut stream = TcpStream::connect(watched.address()).await.unwrap();
        let request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (stream, String::from_utf8(head).unwrap())
    };
    let (stream, head) = timeout(PATIENCE, exchange).await.expect("the request for a tunnel is answered");
    (stream, head.split(' ').nth(1).unwrap().to_owned())
}

#[tokio::test]
async fn a_tunnel_to_the_apis_name_on_aws_ends_at_the_gateway() {
    let watched = start(scripted(&[])).await;
    let (mut stream, status) = connect(&watched, &format!("{NAME}:443")).await;
    assert_eq!(status, "200");
    // Plain or TLS in the tunnel is the client's choice, as on the port; the certificate has the name.
    let request = format!(
        "GET /dev/@connections/AbCdEdXyZ_wCQr0%3D HTTP/1.1\r\nhost: {NAME}\r\nauthorization: {SIGNATURE}\r\nconnection: close\r\n\r\n"
    );
    let mut answer = String::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_string(&mut answer).await.unwrap();
    };
    timeout(PATIENCE, exchange).await.expect("the answer through the tunnel ends");
    assert!(answer.starts_with("HTTP/1.1 410 "), "{answer}");
}

#[tokio::test]
async fn there_is_no_tunnel_to_anywhere_else() {
    let watched = start(scripted(&[])).await;
    let other = start(scripted(&[])).await;
    let targets = [
        other.address(),
        watched.address(),
        format!("{NAME}:80"),
        "other.execute-api.us-east-1.amazonaws.com:443".to_owned(),
        "localhost:443".to_owned(),
    ];
    for target in targets {
        let (_, status) = connect(&watched, &target).await;
        assert_eq!(status, "403", "{target}");
    }
}

#[tokio::test]
async fn functions_are_told_of_the_proxy_only_if_that_is_wanted() {
    let variable = r#"{"do":"variable","name":"HTTPS_PROXY"}"#;
    let with = start(scripted(&[]).name_on_aws(true)).await;
    assert_eq!(with.connect().await.ask(variable).await, format!("http://{}", with.address()));
    let without = start(scripted(&[])).await;
    let own = std::env::var("HTTPS_PROXY").unwrap_or("(not set)".to_owned());
    assert_eq!(without.connect().await.ask(variable).await, own);
}
