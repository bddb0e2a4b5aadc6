//! A table that takes every item and finds one, in this process: an HTTP client below the SDK, without sockets.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::http::StatusCode;
use bytes::Bytes;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Wire {
    found: Bytes,
    /// What was sent, if that is of interest.
    sent: Option<Arc<Mutex<Vec<Value>>>>,
}

impl Wire {
    /// Finds this item, whatever is looked for.
    pub(crate) fn finding(item: &Value) -> Self {
        Self { found: json!({ "Item": item }).to_string().into(), sent: None }
    }

    /// Finds nothing, and keeps what it is sent.
    pub(crate) fn recording() -> Self {
        Self { found: Bytes::from_static(b"{}"), sent: Some(Arc::default()) }
    }

    pub(crate) fn config(&self) -> SdkConfig {
        lift_ws_bench_aws::config().into_builder().http_client(self.clone()).build()
    }

    /// The bodies since the last time.
    pub(crate) fn take(&self) -> Vec<Value> {
        let sent = self.sent.iter().map(|sent| sent.lock().unwrap_or_else(PoisonError::into_inner));
        sent.flat_map(|mut sent| std::mem::take(&mut *sent)).collect()
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        if let (Some(sent), Some(body)) = (&self.sent, request.body().bytes()) {
            let body = serde_json::from_slice(body).unwrap_or_default();
            sent.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        }
        let is_get = request.headers().get("x-amz-target").is_some_and(|target| target.ends_with("GetItem"));
        let body = if is_get { self.found.clone() } else { Bytes::from_static(b"{}") };
        let ok = StatusCode::try_from(200).expect("a status");
        let mut answer = HttpResponse::new(ok, body.into());
        answer.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        answer
            .headers_mut()
            .insert("x-amzn-requestid", "6RV8GQ2OCQ7TS1ITKN1F2M7RKBVV4KQNSO5AEMVJF66Q9ASUAAJG");
        answer
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.answer(&request)))
    }
}
