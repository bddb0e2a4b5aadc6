//! The app that runs in four processes.

use crate::door;
use lambda_runtime::{LambdaEvent, service_fn};
use lift_ws::connection::{BroadcastReport, Settings};
use lift_ws::prelude::*;
use lift_ws::push::signed::SignedPoster;
use lift_ws::store::dynamodb::DynamoStore;
use lift_ws::{Payload, Service};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// Set where this binary is to be the function.
pub(crate) const FUNCTION: &str = "LIFT_WS_TEST_FUNCTION";
/// Set where a 410 removes however young a connection is.
pub(crate) const NO_GRACE: &str = "LIFT_WS_TEST_NO_GRACE";
/// The address of the [door](crate::door::Door) at which the answers to handshakes wait.
pub(crate) const DOOR: &str = "LIFT_WS_TEST_DOOR";

const GROUP: &str = "all";

#[derive(Deserialize)]
struct Hello {
    /// Whether it is a member of the group.
    #[serde(default)]
    member: bool,
}

#[ws_route("$connect")]
async fn connect(Query(hello): Query<Hello>) -> Accept {
    let accept = Accept::new();
    if hello.member { accept.group_with(GROUP, &std::process::id()) } else { accept }
}

#[ws_route("whoami")]
async fn whoami(id: ConnectionId<'_>) -> Json<String> {
    Json(id.to_string())
}

#[derive(Deserialize)]
struct Tell {
    n: u64,
}

/// What a broadcast reported.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) attempted: usize,
    pub(crate) delivered: usize,
    pub(crate) gone: usize,
    pub(crate) departed: usize,
    pub(crate) connecting: usize,
    pub(crate) unsent: usize,
}

impl From<BroadcastReport> for Told {
    fn from(report: BroadcastReport) -> Self {
        Self {
            attempted: report.attempted(),
            delivered: report.delivered,
            gone: report.gone,
            departed: report.departed.len(),
            connecting: report.connecting,
            unsent: report.unsent,
        }
    }
}

#[ws_route("tell")]
async fn tell(conns: Connections, Json(tell): Json<Tell>) -> Result<Json<Told>, Error> {
    let report = conns.group(GROUP).send(&json!({ "n": tell.n })).await?;
    Ok(Json(report.into()))
}

/// Who is stored.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Here {
    pub(crate) records: usize,
    pub(crate) members: usize,
    /// In how many processes the members' handshakes were answered.
    pub(crate) processes: usize,
}

#[ws_route("here")]
async fn here(conns: Connections) -> Result<Json<Here>, Error> {
    let members = conns.members::<u32>(GROUP).await?;
    let processes: HashSet<u32> = members.iter().map(|member| member.value).collect();
    let records = usize::try_from(conns.count().await?)?;
    Ok(Json(Here { records, members: members.len(), processes: processes.len() }))
}

#[ws_app(routes = [connect, whoami, tell, here])]
struct Many;

pub(crate) fn manifest() -> Value {
    lift_ws::manifest::describe::<Many>()
}

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(serve()).unwrap();
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    // Where others use the machine too, a post may take its time.
    let mut settings = Settings::default().with_post_timeout(Duration::from_secs(30));
    if std::env::var_os(NO_GRACE).is_some() {
        settings = settings.with_gone_grace(Duration::ZERO);
    }
    let poster = SignedPoster::new(&config);
    let conns = Connections::builder(DynamoStore::from_config(&config), poster).settings(settings).build();
    let service = &*Box::leak(Box::new(Service::<Many>::new(()).with_connections(conns)));
    let door = &*std::env::var(DOOR).unwrap_or_default().leak();
    let answer = move |event: LambdaEvent<Payload>| async move {
        let is_members_handshake = is_members_handshake(event.payload.as_ref());
        let answer = service.handle(event).await;
        if is_members_handshake && !door.is_empty() {
            door::pass(door).await?;
        }
        answer
    };
    lambda_runtime::run_concurrent(service_fn(answer)).await
}

fn is_members_handshake(event: &[u8]) -> bool {
    let event: Value = serde_json::from_slice(event).unwrap_or_default();
    event["requestContext"]["eventType"] == "CONNECT" && event["queryStringParameters"]["member"] == "true"
}
