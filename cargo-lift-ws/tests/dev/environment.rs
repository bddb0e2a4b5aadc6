//! What a function sees of the user's shell.

use tokio::process::Command;

use crate::running::{Running, dev, foreign};

const TELL: &str =
    r#"echo "log=${LIFT_WS_LOG-unset} rust=${RUST_LOG-unset} no_color=${NO_COLOR-unset}"; exec sleep 1000"#;

fn telling() -> Command {
    let routes = foreign("routes.json").display().to_string();
    let mut command = dev(["--port", "0", "--routes", &routes, "--", "/bin/sh", "-c", TELL]);
    for name in ["LIFT_WS_LOG", "RUST_LOG", "AWS_LAMBDA_LOG_LEVEL", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// What the function tells when its first event starts it.
async fn told(command: Command) -> String {
    let mut running = Running::start(command).await;
    let url = running.url.clone();
    let connect = tokio::spawn(async move { drop(tokio_tungstenite::connect_async(url).await) });
    let line = running.stderr.with("log=").await;
    connect.abort();
    line.split_once("| ").map(|(_, told)| told.to_owned()).unwrap_or(line)
}

#[tokio::test]
async fn a_function_logs_for_people_without_colours_where_there_is_no_terminal() {
    assert_eq!(told(telling()).await, "log=human rust=info,lift_ws=debug no_color=1");
}

#[tokio::test]
async fn what_the_user_says_of_logs_is_passed_on() {
    let mut command = telling();
    command.env("LIFT_WS_LOG", "json").env("RUST_LOG", "debug").env("NO_COLOR", "yes");
    assert_eq!(told(command).await, "log=json rust=debug no_color=yes");
}
