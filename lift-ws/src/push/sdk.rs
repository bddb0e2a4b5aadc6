//! The management API through the AWS SDK.

use std::error::Error;
use std::sync::{PoisonError, RwLock};

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::{self, StalledStreamProtectionConfig};
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::get_connection::GetConnectionOutput;
use aws_sdk_apigatewaymanagement::primitives::{Blob, DateTime};
use bytes::Bytes;

use super::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;

/// How many callback URLs have a client that is kept. A function serves a stage or two.
const CLIENTS: usize = 16;

/// The management API through the AWS SDK, with one client per callback URL.
///
/// The SDK's own retries are off: it would repeat a post whose outcome is unknown, and deliver it twice.
#[derive(Debug)]
pub struct SdkPoster {
    config: aws_config::SdkConfig,
    clients: RwLock<Vec<(Box<str>, Client)>>,
}

impl SdkPoster {
    /// A poster that takes credentials, region and HTTP client from the SDK's shared configuration.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { config: config.clone(), clients: RwLock::default() }
    }

    fn client(&self, callback_url: &str) -> Client {
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
        let config = config::Builder::from(&self.config)
            .endpoint_url(callback_url)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Client::from_conf(config)
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
            post.data(Blob::new(message)).send().await.map(drop).map_err(classify)
        })
    }

    fn info<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async move {
            let get = self.client(callback_url).get_connection().connection_id(connection_id);
            get.send().await.map(into_info).map_err(classify)
        })
    }

    fn disconnect<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let delete = self.client(callback_url).delete_connection().connection_id(connection_id);
            delete.send().await.map(drop).map_err(classify)
        })
    }

    fn prewarm<'a>(&'a self, callback_url: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // Any answer will do, and 410 is what comes: what counts is the open connection and the credentials.
            if let Err(error) = self.info(callback_url, "prewarmAAAAAAAA=").await {
                tracing::debug!(error = &error as &dyn Error, "prewarming the management API");
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

/// The status decides: a bare 410 has no error type, and the SDK then knows no `GoneException` (contract §5.4).
fn classify<E>(error: SdkError<E>) -> PostError
where
    E: Error + Send + Sync + 'static,
{
    let post_error = match &error {
        SdkError::ConstructionFailure(_) => PostError::new(PostErrorKind::Unreachable),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(connector) if never_connected(connector) => PostError::new(PostErrorKind::Unreachable),
            _ if failure.is_user() => PostError::new(PostErrorKind::Refused),
            _ => PostError::new(PostErrorKind::UnknownOutcome),
        },
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => match status(&error) {
            Some(status) if status >= 400 => PostError::from_status(status),
            _ => PostError::new(PostErrorKind::UnknownOutcome),
        },
        _ => PostError::new(PostErrorKind::UnknownOutcome),
    };
    post_error.with_source(error)
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Whether the failure came before there was a connection, so that nothing can have been sent.
///
/// The HTTP client does not expose this as a type; the words are those of hyper-util and of the SDK's connector.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let words = error.to_string();
        if words == "client error (Connect)" || words.starts_with("HTTP connect timeout") {
            return true;
        }
        next = error.source();
    }
    false
}
