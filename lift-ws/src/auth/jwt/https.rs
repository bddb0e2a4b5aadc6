//! The HTTPS client that fetches keys: the one that the AWS SDK stands on.

use super::remote::KeyFetch;
use crate::reply::BoxError;
use crate::store::BoxFuture;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};
use std::sync::OnceLock;

/// The longest answer that is read.
const MAX_BYTES: usize = 1 << 20;

/// Fetches keys over HTTPS with the AWS SDK's HTTP client, trusting whom the system trusts. It follows no redirect.
#[derive(Debug, Default)]
pub struct HttpsFetch {
    roots: Vec<Vec<u8>>,
    /// Made when it is first needed: reading the system's certificates takes milliseconds.
    connector: OnceLock<Connector>,
}

impl HttpsFetch {
    /// Trusting whom the system trusts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusting the certificates of this authority too, in PEM.
    #[must_use]
    pub fn with_root(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    fn connector(&self) -> Result<&Connector, BoxError> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let roots = self.roots.iter().cloned();
        let trusted = roots.fold(TrustStore::default(), TrustStore::with_pem_certificate);
        let tls = TlsContext::builder().with_trust_store(trusted).build()?;
        let provider = Provider::Rustls(CryptoMode::AwsLc);
        let made = Connector::builder().tls_provider(provider).tls_context(tls).build();
        Ok(self.connector.get_or_init(|| made))
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, BoxError> {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(url)?;
        request.headers_mut().insert("accept", "application/json");
        let answer = self.connector()?.call(request).await?;
        if !answer.status().is_success() {
            return Err(format!("{url} answers with status {}", answer.status().as_u16()).into());
        }
        let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await?;
        Ok(body.to_bytes().to_vec())
    }
}

impl KeyFetch for HttpsFetch {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, BoxError>> {
        Box::pin(self.fetch(url))
    }
}
