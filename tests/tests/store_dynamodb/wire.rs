//! What is between the SDK and the table: it counts requests and the capacity they consume, and fails them as it is
//! told. It stands below the SDK, whose retries and time limits are therefore part of every test.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};

/// What becomes of one request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It never reaches the table.
    Cut,
    /// The table carries it out; the answer never arrives.
    LostAnswer,
    /// Nothing happens, ever.
    Hang,
    /// The table does not see it; this error is the answer.
    Error(u16, Value),
    /// The table sees a `Limit` of this, as if its page of 1 MB were full after so few rows.
    ShortPage(u32),
    /// An answer without rows that says where to go on: before the first row.
    EmptyPage,
}

impl Fault {
    /// An error of the service.
    pub(crate) fn code(status: u16, code: &str) -> Self {
        let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
        Self::Error(status, json!({ "__type": code, "message": "injected" }))
    }
}

/// A request that reached the wire, and what its answer said it cost.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    /// Capacity units, by `table` or the name of the index.
    pub(crate) units: BTreeMap<String, f64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<State>);

#[derive(Debug)]
struct State {
    below: SharedHttpClient,
    calls: Mutex<Vec<Call>>,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let below = aws_smithy_http_client::Builder::new().build_http();
        Self(Arc::new(State { below, calls: Mutex::default(), faults: Mutex::default() }))
    }

    /// The next request of this operation that has no fault waiting before it meets one; once.
    pub(crate) fn fail(&self, operation: &'static str, fault: Fault) {
        self.0.faults.lock().unwrap().push_back((operation, fault));
    }

    pub(crate) fn faults_left(&self) -> usize {
        self.0.faults.lock().unwrap().len()
    }

    /// The requests since the last time, in order.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.calls.lock().unwrap())
    }

    /// The operations of the requests since the last time.
    pub(crate) fn take_operations(&self) -> Vec<String> {
        self.take().into_iter().map(|call| call.operation).collect()
    }
}

impl State {
    fn next_fault(&self, operation: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let place = faults.iter().position(|(failing, _)| *failing == operation)?;
        faults.remove(place).map(|(_, fault)| fault)
    }

    fn note(&self, operation: &str, answer: &HttpResponse) {
        let answer: Value =
            serde_json::from_slice(answer.body().bytes().unwrap_or_default()).unwrap_or_default();
        let mut units = BTreeMap::new();
        match &answer["ConsumedCapacity"] {
            Value::Array(of_tables) => of_tables.iter().for_each(|one| add_units(&mut units, one)),
            one => add_units(&mut units, one),
        }
        self.calls.lock().unwrap().push(Call { operation: operation.to_owned(), units });
    }

    fn note_unanswered(&self, operation: &str) {
        self.calls.lock().unwrap().push(Call { operation: operation.to_owned(), units: BTreeMap::new() });
    }
}

fn add_units(units: &mut BTreeMap<String, f64>, capacity: &Value) {
    let mut add = |name: &str, value: &Value| {
        if let Some(more) = value["CapacityUnits"].as_f64().filter(|more| *more > 0.0) {
            *units.entry(name.to_owned()).or_default() += more;
        }
    };
    add("table", &capacity["Table"]);
    for (name, index) in capacity["GlobalSecondaryIndexes"].as_object().into_iter().flatten() {
        add(name, index);
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        with: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let below = self.0.below.http_connector(settings, with);
        SharedHttpConnector::new(Line { state: Arc::clone(&self.0), below })
    }
}

#[derive(Debug)]
struct Line {
    state: Arc<State>,
    below: SharedHttpConnector,
}

impl HttpConnector for Line {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let (state, below) = (Arc::clone(&self.state), self.below.clone());
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
            let fault = state.next_fault(operation);
            match &fault {
                Some(Fault::Cut) => return Err(cut()),
                Some(Fault::Hang) => {
                    state.note_unanswered(operation);
                    std::future::pending().await
                }
                Some(Fault::Error(status, error)) => {
                    state.note_unanswered(operation);
                    return Ok(answer(*status, error));
                }
                Some(Fault::EmptyPage) => {
                    state.note_unanswered(operation);
                    return Ok(answer(200, &empty_page(&body)));
                }
                Some(Fault::ShortPage(rows)) => body["Limit"] = json!(rows),
                Some(Fault::LostAnswer) | None => {}
            }
            body["ReturnConsumedCapacity"] = json!("INDEXES");
            replace_body(&mut request, &body);
            let response = collect(below.call(request).await?).await?;
            state.note(operation, &response);
            if matches!(fault, Some(Fault::LostAnswer)) { Err(cut()) } else { Ok(response) }
        })
    }
}

fn cut() -> ConnectorError {
    ConnectorError::io("the connection was cut".into())
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body.to_string()))
}

fn replace_body(request: &mut HttpRequest, body: &Value) {
    let body = body.to_string();
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}

/// The whole answer in memory, to be looked at and handed on.
async fn collect(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(response.take_body());
    let body = body.collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    *response.body_mut() = SdkBody::from(body.into_bytes());
    Ok(response)
}

/// DynamoDB may stop before it has found anything.
fn empty_page(query: &Value) -> Value {
    let names = &query["ExpressionAttributeNames"];
    let values = &query["ExpressionAttributeValues"];
    let since = values[":since"]["S"].as_str().unwrap_or_default();
    let before_all = format!("{since}#0");
    let text = |text: &str| json!({ "S": text });
    let name = |alias: &str| names[alias].as_str().unwrap_or_default().to_owned();
    let key = if query["IndexName"].is_null() {
        json!({ name("#pk"): values[":group"], name("#sk"): text(&before_all) })
    } else {
        let scope = values[":key"]["S"].as_str().and_then(|key| key.split_once('#')).map_or("", |key| key.0);
        let record = format!("{scope}#C#0");
        json!({ name("#key"): values[":key"], name("#time"): text(&before_all), "PK": text(&record), "SK": text("C") })
    };
    json!({ "Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": key })
}
