//! Faults on demand, and the endpoint by which programs drive the tool while it runs.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::running::{Running, dev, foreign, refused};

async fn serve(options: &[&str]) -> Running {
    let routes = foreign("routes.json").display().to_string();
    let program = foreign("loop.py").display().to_string();
    let before = ["--port", "0", "--routes", &routes];
    let after = ["--", "python3", program.as_str()];
    let arguments = before.iter().chain(options).chain(&after);
    Running::start(dev(arguments)).await
}

/// The answer to a request at the control endpoint.
async fn control(running: &Running, method: &str, path: &str, body: &str) -> String {
    let address = running.url.strip_prefix("ws://").and_then(|url| url.strip_suffix("/dev")).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} /_lift/api/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-lift-control: 1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn faults_of_the_command_line_happen_and_are_told_with_a_seed_to_repeat_them() {
    let mut running = serve(&["--fault", "throttle-connects:every-2", "--fault", "slow:1ms"]).await;
    let seed = running.stderr.with("--fault-seed").await;
    assert!(seed.contains("Faults seed "), "{seed}");
    let mut first = running.connect().await;
    assert!(running.connect_with("").await.is_err());
    running.stderr.with("fault on demand: throttle-connects of ").await;
    let echo = r#"{"action":"echo","text":"late"}"#;
    assert_eq!(first.ask(echo).await, echo);
    running.stderr.with("fault on demand: slow:1ms of ").await;
    assert_eq!(running.end("-TERM").await.code(), Some(0));
}

#[tokio::test]
async fn what_runs_is_driven_over_the_control_endpoint_unless_it_is_turned_off() {
    let running = serve(&["--fault", "kill:x1", "--fault-seed", "7"]).await;
    let report = control(&running, "GET", "faults", "").await;
    assert!(report.contains(r#""seed":7"#) && report.contains(r#""fault":"kill:x1""#), "{report}");
    let added = control(&running, "POST", "faults", r#"{"fault":"cut","once":true}"#).await;
    assert!(added.starts_with("HTTP/1.1 201 ") && added.contains("cut:x1"), "{added}");
    running.end("-TERM").await;
    let closed = serve(&["--no-control"]).await;
    let answer = control(&closed, "POST", "faults", r#"{"fault":"cut"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains("fault"), "{answer}");
    closed.end("-TERM").await;
}

#[tokio::test]
async fn a_fault_that_is_none_is_refused_with_what_to_write() {
    for (fault, hint) in [
        ("slwo", "there is no fault `slwo`: write one of drop-disconnect, "),
        ("slow:1", "write `slow:1s` or `slow:1ms` for a time, and `slow:50%` or `slow:0.5` for how often"),
        ("slow:5d", "`5d` is no time up to a day: write it as `200ms`"),
    ] {
        let (code, _, stderr) = refused(dev(["--fault", fault])).await;
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(hint), "{stderr}");
    }
    let (_, help, _) = refused(dev(["--help"])).await;
    assert!(help.contains("drop-disconnect") && help.contains("late-expiry:1h"), "{help}");
}
