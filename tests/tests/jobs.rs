//! Jobs, from the handler that enqueues one to the dead letters, in one process.

use lift_ws::connection::Connections;
use lift_ws::job::{FromJob, JobScope};
use lift_ws::prelude::*;
use lift_ws::queue::memory::MemoryQueue;
use lift_ws::queue::{Queue, QueueErrorKind, QueueMessage};
use lift_ws::testing::TestApp;
use lift_ws::{Invocation, Service};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// What the jobs did.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Clone, Default, FromRef)]
struct AppState {
    log: Log,
}

#[derive(Serialize, Deserialize)]
struct Export {
    connection_id: String,
    rows: usize,
}

#[ws_job]
async fn export(job: Job<Export>, conns: Connections, State(log): State<Log>) -> Result<(), Error> {
    log.note(format!("export {} rows, attempt {}", job.rows, job.attempt()));
    conns.send(&job.connection_id, &json!({ "type": "exported", "rows": job.rows })).await?;
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct Clean {
    how: How,
}

#[derive(Serialize, Deserialize)]
enum How {
    Fail,
    Panic,
    Never,
    SecondTime,
}

#[ws_job("clean-v2")]
async fn clean(job: Job<Clean>, State(log): State<Log>) -> Result<(), std::num::ParseIntError> {
    log.note(format!("clean, attempt {}", job.attempt()));
    match job.how {
        How::Fail => Err("x".parse::<u8>().unwrap_err()),
        How::SecondTime if job.attempt() == 1 => Err("x".parse::<u8>().unwrap_err()),
        How::SecondTime => Ok(()),
        How::Panic => panic!("on purpose"),
        How::Never => std::future::pending().await,
    }
}

#[derive(Serialize, Deserialize)]
struct Nothing;

/// All that a job may take.
#[ws_job]
async fn nosy<'j>(
    job: Job<Nothing>,
    deadline: Deadline,
    invocation: Invocation<'j>,
    scope: &'j JobScope<'j, AppState>,
    Mine(name): Mine,
) {
    let state: &AppState = scope.state();
    let left = deadline.remaining() > Duration::from_secs(60);
    state.log.note(format!("{name} {left} {} {:?}", invocation.request_id, job.is_last_attempt()));
}

struct Mine(String);
impl<'e, S> FromJob<'e, S> for Mine {
    fn from_job(scope: &'e JobScope<'e, S>) -> Result<Self, Error> {
        Ok(Mine(scope.name().to_owned()))
    }
}
impl lift_ws::job::AvailableInJob for Mine {}

#[ws_route("export")]
async fn start(conns: Connections, id: ConnectionId<'_>) -> Result<Json<String>, Error> {
    let id = conns.later(Export { connection_id: id.to_string(), rows: 7 }).await?;
    Ok(Json(id.to_string()))
}

#[ws_app(state = AppState, routes = [start], jobs = [export, clean, nosy])]
struct Reports;

#[ws_app(state = AppState, routes = [start], jobs = [export], other = others)]
struct WithOther;

async fn others(event: lift_ws::event::OtherEvent<'_>, state: &AppState) -> Result<Value, Error> {
    state.log.note(format!("other {:?}", event.source()));
    Ok(json!({ "batchItemFailures": [] }))
}

#[ws_app(queue = true)]
struct BroadcastsOnly;

fn app() -> TestApp<Reports> {
    TestApp::new(AppState::default())
}

#[tokio::test]
async fn a_job_runs_in_another_invocation_and_reaches_the_connection() {
    let app = app();
    let ann = app.connect().await.unwrap();
    let reply: String = ann.send(json!({ "action": "export" })).await.json();
    assert_eq!(reply.len(), 32);
    assert!(app.state().log.lines().is_empty());
    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(ann.received(), [json!({ "type": "exported", "rows": 7 })]);
    assert_eq!(app.state().log.lines(), ["export 7 rows, attempt 1"]);
}

#[tokio::test]
async fn a_failed_job_is_delivered_again_and_the_others_of_its_batch_are_not() {
    let app = app();
    let ann = app.connect().await.unwrap();
    let conns = app.connections();
    conns.later(Clean { how: How::SecondTime }).await.unwrap();
    conns.later(Export { connection_id: ann.id().to_owned(), rows: 1 }).await.unwrap();
    assert_eq!(app.run_jobs().await, 3);
    assert_eq!(app.state().log.lines(), ["clean, attempt 1", "export 1 rows, attempt 1", "clean, attempt 2"]);
    assert!(app.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn what_never_succeeds_ends_in_the_dead_letters() {
    let app = app();
    for how in [How::Fail, How::Panic] {
        app.connections().later(Clean { how }).await.unwrap();
    }
    assert_eq!(app.run_jobs().await, 6);
    assert_eq!(app.queue().dead_letters().len(), 2);
}

#[tokio::test]
async fn unknown_jobs_and_messages_of_others_end_in_the_dead_letters_and_stop_nobody() {
    let app = app();
    let unreadable = [
        "hello",
        r#"{"liftWs":1,"job":{"name":"dropped","id":"1","payload":{}}}"#,
        r#"{"liftWs":1,"job":{"name":"export","id":"1","payload":{"rows":"many"}}}"#,
        r#"{"liftWs":2,"job":{"name":"export","id":"1","payload":{}}}"#,
        r#"{"liftWs":1}"#,
    ];
    for body in unreadable {
        app.queue().send(&QueueMessage::new(body)).await.unwrap();
    }
    app.connections().later(Nothing).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.queue().dead_letters().len(), unreadable.len());
    assert_eq!(app.state().log.lines().len(), 1, "the job among them ran once");
}

#[tokio::test]
async fn a_job_takes_deadline_invocation_scope_and_arguments_of_its_own() {
    let app = app();
    app.connections().later(Nothing).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.state().log.lines(), ["nosy true  None"]);
}

/// An event with these jobs, given to the app with this much time.
async fn invoke(service: &Service<Reports>, queue: &MemoryQueue, time: Duration) -> Value {
    let due = (SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let invocation = Invocation { deadline_ms: due.as_millis().try_into().unwrap(), ..Invocation::default() };
    let mut answer = Vec::new();
    service.respond(&MemoryQueue::event(&queue.receive(10)), invocation, &mut answer).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

fn service() -> (Service<Reports>, Arc<MemoryQueue>, Connections) {
    use lift_ws::push::recording::RecordingPoster;
    use lift_ws::store::memory::MemoryStore;
    let queue = Arc::new(MemoryQueue::new());
    let conns =
        Connections::builder(MemoryStore::new(), RecordingPoster::new()).queue(Arc::clone(&queue)).build();
    (Service::new(AppState::default()).with_connections(conns.clone()), queue, conns)
}

#[tokio::test]
async fn a_job_that_does_not_end_in_time_is_the_only_failure_of_its_batch() {
    let (service, queue, conns) = service();
    conns.later(Clean { how: How::Never }).await.unwrap();
    conns.later(Nothing).await.unwrap();
    let answer = invoke(&service, &queue, Duration::from_millis(400)).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] }));
}

#[tokio::test]
async fn without_time_no_job_begins_and_all_are_delivered_again() {
    let (service, queue, conns) = service();
    conns.later(Nothing).await.unwrap();
    conns.later(Nothing).await.unwrap();
    let answer = invoke(&service, &queue, Duration::ZERO).await;
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 2);
    assert!(service.state().log.lines().is_empty());
}

#[tokio::test]
async fn a_queue_of_ones_own_goes_to_the_function_for_other_events() {
    let app = TestApp::<WithOther>::new(AppState::default());
    app.queue().send(&QueueMessage::new("mine")).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.state().log.lines(), ["other Records(\"aws:sqs\")"]);
    let ann = app.connect().await.unwrap();
    app.connections().later(Export { connection_id: ann.id().to_owned(), rows: 2 }).await.unwrap();
    app.run_jobs().await;
    assert_eq!(ann.received().len(), 1, "ours are still ours");
}

#[tokio::test]
async fn without_a_queue_the_error_says_so() {
    use lift_ws::push::recording::RecordingPoster;
    use lift_ws::store::memory::MemoryStore;
    let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    let error = conns.later(Nothing).await.unwrap_err();
    assert_eq!(error.kind(), QueueErrorKind::NoQueue);
}

#[tokio::test]
async fn a_delay_that_no_queue_has_is_refused_and_not_cut_short() {
    let app = app();
    let late = app.connections().later(Nothing).delayed(Duration::from_secs(901)).await;
    assert_eq!(late.unwrap_err().kind(), QueueErrorKind::DelayTooLong);
    app.connections().later(Nothing).delayed(Duration::from_secs(900)).await.unwrap();
    assert_eq!(app.run_jobs().await, 1);
}

#[tokio::test]
async fn of_many_jobs_each_is_told_whether_it_was_enqueued() {
    let app = app();
    app.queue().refuse(QueueErrorKind::Throttled);
    let ids = app.connections().later_all([Nothing, Nothing, Nothing]).await.unwrap();
    assert_eq!(ids[0].as_ref().unwrap_err().kind(), QueueErrorKind::Throttled);
    assert!(ids[1].is_ok() && ids[2].is_ok());
    assert_eq!(app.run_jobs().await, 2);
}

#[tokio::test]
async fn a_job_finds_the_api_and_stage_that_it_was_enqueued_for() {
    use lift_ws::push::recording::RecordingPoster;
    use lift_ws::store::memory::MemoryStore;
    let (queue, poster) = (Arc::new(MemoryQueue::new()), Arc::new(RecordingPoster::new()));
    let builder = Connections::builder(MemoryStore::new(), Arc::clone(&poster)).queue(Arc::clone(&queue));
    let conns = builder.callback_url("https://ws.example.org").build();
    let here = conns.at("https://ws.example.org").scope("a1/prod");
    here.later(Export { connection_id: "Ann=".into(), rows: 1 }).await.unwrap();
    let there = conns.at("https://b2.execute-api.eu-central-1.amazonaws.com/dev").scope("b2/dev");
    there.later(Export { connection_id: "Bob=".into(), rows: 1 }).await.unwrap();
    let service = Service::<Reports>::new(AppState::default()).with_connections(conns);
    let answer = invoke(&service, &queue, Duration::from_secs(60)).await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let posts = poster.posts();
    let posts: Vec<_> = posts.iter().map(|post| (&*post.callback_url, &*post.connection_id)).collect();
    let default = "https://b2.execute-api.eu-central-1.amazonaws.com/dev";
    assert_eq!(posts, [("https://ws.example.org", "Ann="), (default, "Bob=")]);
}

#[test]
fn the_manifest_names_the_jobs() {
    let manifest = lift_ws::manifest::describe::<Reports>();
    assert_eq!(manifest["queue"], true);
    let names: Vec<_> = manifest["jobs"].as_array().unwrap().iter().map(|job| &job["name"]).collect();
    assert_eq!(names, ["export", "clean-v2", "nosy"]);
    assert_eq!(lift_ws::manifest::describe::<BroadcastsOnly>()["queue"], true);
}
