//! The queue of jobs, which delivers by itself.

use super::*;

#[derive(Serialize, Deserialize)]
struct Work {
    fails: u32,
}

#[ws_job(crate = crate)]
async fn work(job: Job<Work>, State(log): State<Log>) -> Result<(), Error> {
    log.add(format!("attempt {}", job.attempt()));
    if job.attempt() <= job.fails { Err(Error::new("not_yet", "try again")) } else { Ok(()) }
}

#[ws_route("start", crate = crate)]
async fn start(conns: Connections, Json(work): Json<Work>) -> Result<(), Error> {
    conns.later(work).await?;
    Ok(())
}

#[ws_route("wait", crate = crate)]
async fn wait(conns: Connections, Json(work): Json<Work>) -> Result<(), Error> {
    conns.later(work).delayed(Duration::from_secs(300)).await?;
    Ok(())
}

#[ws_app(crate = crate, state = Log, routes = [start, wait], jobs = [work])]
struct Works;

async fn setting() -> (TestGateway<Works>, Log, GatewayClient) {
    let log = Log::default();
    let gateway = TestGateway::<Works>::new(log.clone());
    let ann = gateway.connect("/").await.unwrap();
    (gateway, log, ann)
}

#[tokio::test]
async fn a_job_runs_at_once_or_when_its_time_has_come() {
    let (gateway, log, ann) = setting().await;
    ann.send(json!({"action": "start", "fails": 0})).await;
    assert_eq!(log.take(), ["attempt 1"]);
    ann.send(json!({"action": "wait", "fails": 0})).await;
    gateway.advance(299 * SECOND).await;
    assert!(log.take().is_empty());
    gateway.advance(SECOND).await;
    assert_eq!(log.take(), ["attempt 1"]);
}

#[tokio::test]
async fn a_job_that_fails_comes_back_when_its_visibility_timeout_is_over_and_is_a_dead_letter_in_the_end() {
    let (gateway, log, ann) = setting().await;
    ann.send(json!({"action": "start", "fails": 1})).await;
    gateway.advance(39 * SECOND).await;
    assert_eq!(log.take(), ["attempt 1"]);
    gateway.advance(SECOND).await;
    assert_eq!(log.take(), ["attempt 2"]);
    ann.send(json!({"action": "start", "fails": 9})).await;
    gateway.advance(400 * SECOND).await;
    assert_eq!(log.take(), ["attempt 1", "attempt 2", "attempt 3"]);
    assert_eq!(gateway.queue().dead_letters().len(), 1);
}
