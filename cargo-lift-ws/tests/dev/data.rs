//! `--data DIR`: items that outlive the tool.

use std::path::Path;

use crate::running::{Running, dev, foreign};

async fn serve(options: &[&str]) -> Running {
    let path = |name| foreign(name).display().to_string();
    let (routes, program) = (path("items.json"), path("items.py"));
    let arguments = [&["--port", "0", "--routes", &routes], options, &["--", "python3", &program]].concat();
    Running::start(dev(arguments)).await
}

async fn put(running: &Running) {
    let mut client = running.connect().await;
    assert_eq!(client.ask(r#"{"action":"put","key":"a","text":"kept"}"#).await, "200");
    assert_eq!(client.ask(r#"{"action":"get","key":"a"}"#).await, "kept");
}

async fn get(running: &Running) -> String {
    running.connect().await.ask(r#"{"action":"get","key":"a"}"#).await
}

async fn end(running: Running) {
    assert_eq!(running.end("-TERM").await.code(), Some(0));
}

#[tokio::test]
async fn items_in_the_folder_are_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    // It is made if it does not exist.
    let data = dir.path().join("below/data").display().to_string();
    let first = serve(&["--data", &data]).await;
    put(&first).await;
    end(first).await;
    let second = serve(&["--data", &data]).await;
    assert_eq!(get(&second).await, "kept");
    end(second).await;
}

#[tokio::test]
async fn items_in_the_folder_survive_a_tool_that_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let first = serve(&["--data", &data]).await;
    put(&first).await;
    first.end("-KILL").await;
    let second = serve(&["--data", &data]).await;
    assert_eq!(get(&second).await, "kept");
    end(second).await;
}

#[tokio::test]
async fn without_a_folder_items_are_gone_with_the_tool() {
    let first = serve(&[]).await;
    put(&first).await;
    end(first).await;
    let second = serve(&[]).await;
    assert_eq!(get(&second).await, "no such item");
    end(second).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let data = Path::new(&file).join("data").display().to_string();
    let routes = foreign("items.json").display().to_string();
    let arguments = ["--port", "0", "--routes", &routes, "--data", &data, "--", "python3"];
    let (code, stdout, stderr) = crate::running::refused(dev(arguments)).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&data), "{stderr}");
}
