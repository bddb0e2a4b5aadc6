//! The management API with posts that are signed here and sent through the SDK's own HTTP client.

mod signature;
mod template;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::UNIX_EPOCH;

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http_body_util::BodyExt;

use self::signature::{HexHash, Signer};
use self::template::{Learner, Template};
use super::outcome::{of_connector_error, of_status};
use super::sdk::SdkPoster;
use super::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::percent as escape;
use crate::store::BoxFuture;

/// How many callback URLs are known at once. A function serves a stage or two.
const WAYS: usize = 16;

/// Messages up to this size are hashed anew for each recipient: looking for the last hash would cost as much.
const HASHED_ANEW: usize = 256;

/// The management API with posts that are signed here and sent through the SDK's own HTTP client.
///
/// A post through the SDK costs some 50 µs of CPU, most of it in configuration layers and not in the network. This
/// poster lets the SDK make one request per callback URL, which is not sent, and takes from it all that does not
/// change: endpoint, region, HTTP client with its pool and timeouts, clock, and the source of credentials. From then
/// on a post is one signature and one call of that HTTP client. Credentials come from the SDK's cache, which is asked
/// once a second. All else (`info`, `disconnect`, and what only the SDK can sign) goes through the [`SdkPoster`], over
/// the same network connections.
///
/// What it sends differs from the SDK's request in two headers, which the gateway does not read: the number of the
/// attempt, and the SDK's id of the invocation.
#[derive(Debug)]
pub struct SignedPoster {
    sdk: SdkPoster,
    learner: tokio::sync::Mutex<Learner>,
    ways: RwLock<Vec<(Box<str>, Arc<Way>)>>,
    /// The hash of the last long message: a broadcast posts the same bytes to everybody.
    last: RwLock<Option<(Bytes, HexHash)>>,
    /// What Lambda says to hand on, so that the SDK's header for it is set as the SDK sets it.
    is_on_lambda: bool,
}

/// How to post to one callback URL.
#[derive(Debug)]
struct Way {
    template: Template,
    signer: RwLock<Option<(i64, Arc<Signer>)>>,
}

impl SignedPoster {
    /// A poster that takes everything from the SDK's shared configuration.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        let learner = Learner::default();
        Self {
            sdk: SdkPoster::with_interceptor(config, learner.clone()),
            learner: tokio::sync::Mutex::new(learner),
            ways: RwLock::default(),
            last: RwLock::default(),
            is_on_lambda: std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some(),
        }
    }

    /// How to post to a callback URL; `None` if only the SDK knows, for now or always.
    async fn way(&self, callback_url: &str) -> Result<Option<Arc<Way>>, PostError> {
        match self.known(callback_url) {
            Some(way) => Ok(Some(way)),
            // In a box: what is needed once would make every post's future large.
            None => Box::pin(self.learn(callback_url)).await,
        }
    }

    async fn learn(&self, callback_url: &str) -> Result<Option<Arc<Way>>, PostError> {
        // Nobody waits for whoever learns: with credentials that hang, each would hang in turn. The SDK posts meanwhile.
        let Ok(learner) = self.learner.try_lock() else { return Ok(None) };
        if let Some(way) = self.known(callback_url) {
            return Ok(Some(way)); // somebody else was first
        }
        let client = self.sdk.client(callback_url);
        let Some(template) = Template::learn(&client, &learner).await? else { return Ok(None) };
        let way = Arc::new(Way { template, signer: RwLock::default() });
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        if ways.len() >= WAYS {
            ways.clear();
        }
        ways.retain(|(url, _)| **url != *callback_url);
        ways.push((callback_url.into(), Arc::clone(&way)));
        Ok(Some(way))
    }

    fn known(&self, callback_url: &str) -> Option<Arc<Way>> {
        let ways = self.ways.read().unwrap_or_else(PoisonError::into_inner);
        ways.iter().find(|(url, _)| **url == *callback_url).map(|(_, way)| Arc::clone(way))
    }

    /// The hash of a message. The last one is kept with its bytes, so the same place in memory is the same message.
    fn hash(&self, message: &Bytes) -> HexHash {
        if message.len() <= HASHED_ANEW {
            return signature::hash(message);
        }
        let is_last = |last: &Bytes| last.as_ptr() == message.as_ptr() && last.len() == message.len();
        if let Some((last, hash)) = &*self.last.read().unwrap_or_else(PoisonError::into_inner)
            && is_last(last)
        {
            return *hash;
        }
        let hash = signature::hash(message);
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some((message.clone(), hash));
        hash
    }

    fn request(&self, way: &Way, signer: &Signer, id: &str, message: Bytes) -> Option<HttpRequest> {
        let length = message.len().to_string();
        let authorization = signer.authorization(id, &length, &self.hash(&message));
        let mut url = String::with_capacity(way.template.url.len() + id.len() + 8);
        url.push_str(&way.template.url);
        escape::push(id, &mut url);
        let mut request = HttpRequest::new(message.into());
        request.set_method("POST").ok()?;
        request.set_uri(url).ok()?;
        let headers = request.headers_mut();
        *headers = way.template.headers.clone();
        headers.insert("content-length", length);
        headers.insert("x-amz-date", signer.date().to_owned());
        headers.insert("authorization", authorization);
        if let Some(token) = signer.token() {
            headers.insert("x-amz-security-token", token.to_owned());
        }
        if let Some(trace) = self.trace() {
            headers.insert("x-amzn-trace-id", trace);
        }
        Some(request)
    }

    fn trace(&self) -> Option<String> {
        let trace = self.is_on_lambda.then(|| std::env::var("_X_AMZN_TRACE_ID").ok())?;
        trace.filter(|trace| trace.bytes().all(|byte| matches!(byte, b' '..=b'~')))
    }
}

impl Way {
    /// What signs in this second. The SDK's cache of credentials is asked once a second.
    async fn signer(&self) -> Result<Arc<Signer>, PostError> {
        let since = self.template.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        match &*self.signer.read().unwrap_or_else(PoisonError::into_inner) {
            Some((of, signer)) if *of == second => return Ok(Arc::clone(signer)),
            _ => {}
        }
        Box::pin(self.renew(second)).await
    }

    async fn renew(&self, second: i64) -> Result<Arc<Signer>, PostError> {
        let failed = || PostError::new(PostErrorKind::Configuration);
        let credentials = self.template.credentials().await.map_err(|error| failed().with_source(error))?;
        let signer = Signer::new(&self.template.signed, &credentials, second);
        let signer = Arc::new(signer.ok_or_else(|| failed().with_source("the clock shows no date"))?);
        *self.signer.write().unwrap_or_else(PoisonError::into_inner) = Some((second, Arc::clone(&signer)));
        Ok(signer)
    }

    async fn send(&self, request: HttpRequest) -> Result<(), PostError> {
        match self.template.timeout {
            None => self.call(request).await,
            Some(timeout) => tokio::time::timeout(timeout, self.call(request))
                .await
                .unwrap_or_else(|_| Err(PostError::new(PostErrorKind::UnknownOutcome))),
        }
    }

    async fn call(&self, request: HttpRequest) -> Result<(), PostError> {
        let answer = self.template.connector.call(request).await;
        let answer = answer.map_err(|e| PostError::new(of_connector_error(&e)).with_source(e))?;
        let status = answer.status().as_u16();
        let is_success = answer.status().is_success();
        match (is_success, drained(answer).await) {
            (true, Ok(())) => Ok(()),
            (true, Err(error)) => Err(PostError::new(PostErrorKind::UnknownOutcome).with_source(error)),
            (false, _) => Err(of_status(status)),
        }
    }
}

/// Reads an answer to its end: its network connection can be used again only then.
async fn drained(answer: HttpResponse) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

/// Whether an id is one that gateways give. Others are left to the SDK, which knows what to say about them.
fn is_plain(connection_id: &str) -> bool {
    !matches!(connection_id, "" | "." | "..")
}

impl Poster for SignedPoster {
    fn post<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
        message: Bytes,
    ) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let way = if is_plain(connection_id) { self.way(callback_url).await? } else { None };
            let Some(way) = way else { return self.sdk.post(callback_url, connection_id, message).await };
            let signer = way.signer().await?;
            match self.request(&way, &signer, connection_id, message.clone()) {
                Some(request) => way.send(request).await,
                None => self.sdk.post(callback_url, connection_id, message).await,
            }
        })
    }

    fn info<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        self.sdk.info(url, id)
    }

    fn disconnect<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        self.sdk.disconnect(url, id)
    }

    fn prewarm<'a>(&'a self, callback_url: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // Learning finds the credentials first, so that the two do not look for them at once.
            let _ = self.way(callback_url).await;
            self.sdk.prewarm(callback_url).await;
        })
    }
}
