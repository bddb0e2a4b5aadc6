//! The management API through the AWS SDK.

use std::error::Error;
use std::sync::{PoisonError, RwLock};

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::{
    self, Intercept, SharedInterceptor, StalledStreamProtectionConfig,
};
use aws_sdk_apigatewaymanagement::operation::get_connection::GetConnectionOutput;
use aws_sdk_apigatewaymanagement::primitives::{Blob, DateTime};
use bytes::Bytes;

use super::outcome::of_sdk_error;
use super::{ConnectionInfo, PostError, Poster};
use crate::store::BoxFuture;

/// How many callback URLs have a client that is kept. A function serves a stage or two.
const CLIENTS: usize = 16;

/// The management API through the AWS SDK, with one client per callback URL.
///
/// The SDK's own retries are off: it would repeat a post whose outcome is unknown, and deliver it twice.
#[derive(Debug)]
pub struct SdkPoster {
    config: aws_config::SdkConfig,
    interceptor: Option<SharedInterceptor>,
    clients: RwLock<Vec<(Box<str>, Client)>>,
}

impl SdkPoster {
    /// A poster that takes credentials, region and HTTP client from the SDK's shared configuration.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { config: config.clone(), interceptor: None, clients: RwLock::default() }
    }

    /// With an interceptor in every client. Given to a single call instead, it would have the linker take in a second
    /// copy of all that the SDK does around a call: 200 KB.
    pub(super) fn with_interceptor(config: &aws_config::SdkConfig, of: impl Intercept + 'static) -> Self {
        Self { interceptor: Some(SharedInterceptor::new(of)), ..Self::new(config) }
    }

    pub(super) fn client(&self, callback_url: &str) -> Client {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = find(&clients, callback_url) {
            return client;
        }
        drop(clients);
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        // Another task may have been first; two clients would mean two pools.
        if let Some(client) = find(&clients, callback_url) {
            return client;
        }
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        let client = self.build(callback_url);
        clients.push((callback_url.into(), client.clone()));
        client
    }

    fn build(&self, callback_url: &str) -> Client {
        let mut config = config::Builder::from(&self.config)
            .endpoint_url(callback_url)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(interceptor) = &self.interceptor {
            config.push_interceptor(interceptor.clone());
        }
        Client::from_conf(config.build())
    }
}

fn find(clients: &[(Box<str>, Client)], callback_url: &str) -> Option<Client> {
    clients.iter().find(|(url, _)| **url == *callback_url).map(|(_, client)| client.clone())
}

impl Poster for SdkPoster {
    fn post<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
        message: Bytes,
    ) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let post = self.client(callback_url).post_to_connection().connection_id(connection_id);
            post.data(Blob::new(message)).send().await.map(drop).map_err(of_sdk_error)
        })
    }

    fn info<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async move {
            let get = self.client(callback_url).get_connection().connection_id(connection_id);
            get.send().await.map(into_info).map_err(of_sdk_error)
        })
    }

    fn disconnect<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let delete = self.client(callback_url).delete_connection().connection_id(connection_id);
            delete.send().await.map(drop).map_err(of_sdk_error)
        })
    }

    fn prewarm<'a>(&'a self, callback_url: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // Any answer will do, and 410 is what comes: what counts is the open connection and the credentials.
            if let Err(error) = self.info(callback_url, "prewarmAAAAAAAA=").await {
                tracing::trace!(error = &error as &dyn Error, "prewarming the management API");
            }
        })
    }
}

fn into_info(output: GetConnectionOutput) -> ConnectionInfo {
    let identity = output.identity();
    let known = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    ConnectionInfo {
        connected_at: output.connected_at().and_then(millis),
        last_active_at: output.last_active_at().and_then(millis),
        source_ip: known(identity.and_then(|identity| identity.source_ip())),
        user_agent: known(identity.and_then(|identity| identity.user_agent())),
    }
}

fn millis(time: &DateTime) -> Option<u64> {
    time.to_millis().ok().and_then(|millis| u64::try_from(millis).ok())
}

#[cfg(test)]
mod tests {
    use aws_sdk_apigatewaymanagement::config::{
        BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::push::PostErrorKind;

    fn poster() -> SdkPoster {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        SdkPoster::new(&config)
    }

    /// Answers one request and returns its head.
    async fn gateway(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/prod", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0, "the request ended early");
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request).into_owned()
        });
        (url, served)
    }

    async fn post_to_one_that_answers(answer: &'static str) -> Result<(), PostError> {
        let (url, _served) = gateway(answer).await;
        poster().post(&url, "L0SM9cOF-_cCIhw=", Bytes::from_static(b"hi")).await
    }

    #[tokio::test]
    async fn a_post_goes_to_the_connections_address_below_the_callback_url() {
        let (url, served) = gateway("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        poster().post(&url, "L0SM9cOF-_cCIhw=", Bytes::from_static(b"hi")).await.unwrap();
        let head = served.await.unwrap();
        assert!(head.starts_with("POST /prod/@connections/L0SM9cOF-_cCIhw%3D HTTP/1.1"), "{head}");
        assert!(head.contains("/eu-central-1/execute-api/aws4_request"), "{head}");
    }

    #[tokio::test]
    async fn a_bare_410_is_gone() {
        let error =
            post_to_one_that_answers("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (PostErrorKind::Gone, Some(410)));
    }

    #[tokio::test]
    async fn each_status_has_its_kind_and_is_not_tried_again() {
        for (answer, kind) in [
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", PostErrorKind::InvalidConnectionId),
            ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", PostErrorKind::Forbidden),
            ("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n", PostErrorKind::TooLarge),
            (
                "HTTP/1.1 429 Slow\r\nx-amzn-errortype: LimitExceededException\r\ncontent-length: 0\r\n\r\n",
                PostErrorKind::Throttled,
            ),
            ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", PostErrorKind::UnknownOutcome),
        ] {
            // The server answers once: a second try of the SDK's own would end in another kind.
            assert_eq!(post_to_one_that_answers(answer).await.unwrap_err().kind(), kind, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown() {
        assert_eq!(post_to_one_that_answers("").await.unwrap_err().kind(), PostErrorKind::UnknownOutcome);
    }

    #[tokio::test]
    async fn a_gateway_that_is_not_there_was_not_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/prod", listener.local_addr().unwrap());
        drop(listener);
        let error = poster().post(&url, "AbC=", Bytes::from_static(b"hi")).await.unwrap_err();
        assert_eq!(error.kind(), PostErrorKind::Unreachable, "{:?}", error.source());
    }

    #[tokio::test]
    async fn missing_credentials_are_a_matter_of_configuration_and_nothing_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/prod", listener.local_addr().unwrap());
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .build();
        let error = SdkPoster::new(&config).post(&url, "AbC=", Bytes::from_static(b"hi")).await.unwrap_err();
        assert_eq!(error.kind(), PostErrorKind::Configuration, "{:?}", error.source());
    }

    #[tokio::test]
    async fn what_the_gateway_knows_is_read_without_a_user_agent_too() {
        let (url, _served) = gateway(
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\
             {\"connectedAt\":\"2026-01-02T03:04:05.678Z\",\"identity\":{\"sourceIp\":\"192.0.2.10\"}}",
        )
        .await;
        let info = poster().info(&url, "AbC=").await.unwrap();
        assert_eq!(info.connected_at, Some(1_767_323_045_678));
        assert_eq!((info.source_ip.as_deref(), info.user_agent), (Some("192.0.2.10"), None));
    }

    #[test]
    fn a_callback_url_has_one_client_and_their_number_is_bounded() {
        let poster = poster();
        for n in 0..50 {
            poster.client(&format!("http://gateway-{n}.test"));
            poster.client(&format!("http://gateway-{n}.test"));
            assert!(poster.clients.read().unwrap().len() <= CLIENTS);
        }
        assert_eq!(poster.clients.read().unwrap().len(), 50 % CLIENTS);
    }
}
