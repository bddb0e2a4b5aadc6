//! An app of a workspace: built, described, served, and built again when its sources change.
//!
//! The app here has no dependencies, so that its builds take no time: it prints a manifest by hand, and runs
//! the Python loop as its function.

use std::fs;
use std::path::Path;

use crate::running::{Running, dev, foreign, refused};

const MANIFEST: &str = r#"
[package]
name = "little-app"
edition = "2021"

[package.metadata.lift-ws]
web = "page"

[workspace]
"#;

/// An app whose manifest has this route, two-way.
fn main_rs(route: &str) -> String {
    let python_loop = foreign("loop.py").canonicalize().unwrap();
    format!(
        r##"
use std::os::unix::process::CommandExt;

fn main() {{
    if std::env::var_os("LIFT_WS_DESCRIBE").is_some() {{
        println!("{{}}", r#"{{"routes":[{{"routeKey":"{route}","twoWay":true}}]}}"#);
        return;
    }}
    let error = std::process::Command::new("python3").arg({python_loop:?}).exec();
    panic!("python3: {{error}}");
}}
"##
    )
}

fn write_app(dir: &Path, main: &str) {
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::create_dir_all(dir.join("page")).unwrap();
    fs::write(dir.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(dir.join("page/index.html"), "<p>hello").unwrap();
    fs::write(dir.join("src/main.rs"), main).unwrap();
}

#[tokio::test]
async fn an_app_is_built_described_and_served_and_sockets_outlive_a_new_build() {
    let dir = tempfile::tempdir().unwrap();
    write_app(dir.path(), &main_rs("who"));
    let mut command = dev(["--port", "0"]);
    command.current_dir(dir.path());
    let mut running = Running::start(command).await;
    let page = running.stdout.next().await;
    assert!(page.starts_with("page http://127.0.0.1:") && page.ends_with('/'), "{page}");
    let mut client = running.connect().await;
    let first = client.ask(r#"{"action":"who"}"#).await;
    // The route is not there yet.
    assert!(client.ask(r#"{"action":"echo"}"#).await.starts_with(r#"{"message": "Forbidden", "#));

    running.stderr.with("Ctrl-C ends it").await;
    fs::write(dir.path().join("src/main.rs"), main_rs("crash")).unwrap();
    running.stderr.with("Rebuilding").await;
    let served = running.stderr.with("the new build takes new events").await;
    assert!(served.contains(" after the change: ") && served.ends_with(" take-over"), "{served}");
    let crash = r#"{"action":"crash"}"#;
    let failed = r#"{"message": "Internal server error", "#;
    assert!(client.ask(crash).await.starts_with(failed));
    running.stderr.with("exited with status 3").await;
    assert!(!Path::new("/proc").join(first).exists());

    // Neither a build that fails nor one that cannot be described harms the one that runs.
    for broken in ["fn main() { no such thing }", "fn main() { std::process::exit(9) }"] {
        fs::write(dir.path().join("src/main.rs"), broken).unwrap();
        running.stderr.with("the last build keeps running").await;
        assert!(client.ask(crash).await.starts_with(failed));
        running.stderr.with("exited with status 3").await;
    }
    assert_eq!(running.end("-TERM").await.code(), Some(0));
    assert_eq!(fs::read_dir(dir.path().join("target/lift-ws")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_app_that_does_not_describe_itself_is_quoted_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    write_app(dir.path(), r#"fn main() { eprintln!("no table given"); std::process::exit(9) }"#);
    let mut command = dev(["--port", "0"]);
    command.current_dir(dir.path());
    let (code, stdout, stderr) = refused(command).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("`little-app` does not describe itself"), "{stderr}");
    assert!(stderr.contains("exit status: 9") && stderr.contains("  | no table given"), "{stderr}");
    assert!(stderr.contains("lift_ws::main"), "{stderr}");
}

#[tokio::test]
async fn a_build_that_fails_shows_what_the_compiler_says() {
    let dir = tempfile::tempdir().unwrap();
    write_app(dir.path(), "fn main() { let x: u8 = \"text\"; }");
    let mut command = dev(["--port", "0"]);
    command.current_dir(dir.path());
    let (code, _, stderr) = refused(command).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains("mismatched types") && stderr.contains("`cargo build"), "{stderr}");
}

#[tokio::test]
async fn what_the_package_does_not_have_is_answered_with_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    write_app(dir.path(), "fn main() {}");
    for (arguments, expected) in [
        (&["--bin", "other"][..], "package `little-app` has no binary `other`; it has `little-app`"),
        (&["--example", "other"], "package `little-app` has no example `other`, and no other either"),
        (&["--package", "other"], "the workspace has no package `other`; it has `little-app`"),
    ] {
        let mut command = dev(arguments);
        command.current_dir(dir.path());
        let (code, _, stderr) = refused(command).await;
        assert_eq!(code, Some(1));
        assert!(stderr.contains(expected), "{stderr}");
    }
}
