//! A program that gives itself work over the queue.

use std::path::Path;

use crate::running::{Client, Running, dev, foreign};

/// The visibility timeout is three seconds, so that what fails comes back soon, but later than the function's
/// timeout of one second is over.
async fn serve(options: &[&str]) -> (Running, Client) {
    let path = |name| foreign(name).display().to_string();
    let (routes, program) = (path("jobs.json"), path("jobs.py"));
    let arguments = [&["--port", "0", "--routes", &routes], options, &["--", "python3", &program]].concat();
    let mut running = Running::start(dev(arguments)).await;
    running.stderr.with("/000000000000/lift-ws-jobs").await;
    let client = running.connect().await;
    (running, client)
}

const SHORT: &[&str] = &["--function-timeout", "1"];

async fn later(client: &mut Client, jobs: &str, count: usize) {
    assert_eq!(client.ask(&format!(r#"{{"action":"later","job":{jobs}}}"#)).await, count.to_string());
}

#[tokio::test]
async fn a_batch_is_one_line_and_what_failed_comes_back() {
    let (mut running, mut client) = serve(SHORT).await;
    later(&mut client, r#"[{"do":"done","name":"a"},{"do":"fail","name":"b","times":1}]"#, 2).await;
    let line = running.stderr.with("lift-ws-jobs 2 records").await;
    assert!(line.ends_with("1 failed and will be tried again") && line.contains(" ms "), "{line}");
    assert!(running.stderr.with("| job b").await.contains("job b done 2"));
    let line = running.stderr.with("lift-ws-jobs 1 record ").await;
    assert!(line.ends_with(" ok"), "{line}");
}

#[tokio::test]
async fn a_job_that_always_fails_is_warned_of_with_its_reason() {
    let (mut running, mut client) = serve(SHORT).await;
    later(&mut client, r#"{"do":"raise"}"#, 1).await;
    let line = running.stderr.with("warning: ").await;
    assert!(line.contains("of lift-ws-jobs was received 2 times"), "{line}");
    assert!(line.contains("it is in lift-ws-jobs-dead now"), "{line}");
    assert!(line.ends_with("raised as asked"), "{line}");
}

#[tokio::test]
async fn a_job_that_crashes_or_takes_too_long_is_given_to_another_environment() {
    for (job, told) in [
        (r#"{"do":"crash","times":1}"#, "exited with status 3"),
        (r#"{"do":"sleep","times":1}"#, "timeout of 1.0 s"),
    ] {
        let (mut running, mut client) = serve(SHORT).await;
        later(&mut client, job, 1).await;
        let line = running.stderr.with("function error, all failed").await;
        assert!(line.contains(told), "{line}");
        let line = running.stderr.with("lift-ws-jobs 1 record ").await;
        assert!(line.ends_with(" ok"), "{line}");
    }
}

#[tokio::test]
async fn ctrl_c_ends_a_job_and_leaves_nothing_behind() {
    let (mut running, mut client) = serve(&[]).await;
    later(&mut client, r#"{"do":"sleep","name":"long"}"#, 1).await;
    let line = running.stderr.with("| job long").await;
    let pid = line.rsplit(' ').next().unwrap().to_owned();
    assert_eq!(running.end("-INT").await.code(), Some(0));
    assert!(!Path::new("/proc").join(pid).exists());
}
