//! What the tool does not do, and how it says so.

use std::net::TcpListener;

use crate::running::{Running, dev, foreign, refused};

fn routes() -> String {
    foreign("routes.json").display().to_string()
}

#[tokio::test]
async fn a_program_that_cannot_start_is_quoted_and_the_client_is_refused() {
    let script = "echo 'loading' >&2; echo 'no such file: config.toml' >&2; exit 5";
    let mut running =
        Running::start(dev(["--port", "0", "--routes", &routes(), "--", "/bin/sh", "-c", script])).await;
    assert!(running.connect_with("").await.is_err());
    let line = running.stderr.with("did not start").await;
    assert!(line.contains("it exited with status 5 before it asked for its first event"), "{line}");
    assert_eq!(running.stderr.next().await, "  | loading");
    assert_eq!(running.stderr.next().await, "  | no such file: config.toml");
    running.stderr.with("the next event starts it again").await;
}

#[tokio::test]
async fn usage_errors_exit_with_2() {
    for arguments in [
        &["--no-such-option"][..],
        &["--", "python3"],
        &["--routes", "routes.json"],
        &["--environments", "0"],
        &["--port", "http"],
    ] {
        let (code, stdout, stderr) = refused(dev(arguments)).await;
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.starts_with("error: ") && stderr.contains("try '--help'"), "{stderr}");
    }
}

#[tokio::test]
async fn a_port_that_is_in_use_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, stdout, stderr) =
        refused(dev(["--port", &port, "--routes", &routes(), "--", "python3", "x.py"])).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("port {port} is in use")) && stderr.contains("--port 0"), "{stderr}");
}

#[tokio::test]
async fn an_address_that_the_machine_does_not_have_is_named_and_not_the_port() {
    let arguments = ["--host", "192.0.2.1", "--port", "0", "--routes", &routes(), "--", "python3", "x.py"];
    let (code, stdout, stderr) = refused(dev(arguments)).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.contains("does not have the address 192.0.2.1") && stderr.contains("`--host`"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_of_data_is_told() {
    let file = routes();
    let arguments = ["--data", &file, "--port", "0", "--routes", &file, "--", "python3", "x.py"];
    let (code, stdout, stderr) = refused(dev(arguments)).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("`{file}` is a file: name a folder")), "{stderr}");
}

#[tokio::test]
async fn a_routes_file_that_is_missing_or_wrong_is_named() {
    let (code, _, stderr) = refused(dev(["--routes", "/no/such/routes.json", "--", "python3"])).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains("cannot read the routes in /no/such/routes.json"), "{stderr}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("routes.json");
    std::fs::write(&file, r#"{"routes":[{"routeKey":"$conect"}]}"#).unwrap();
    let name = file.display().to_string();
    let (code, _, stderr) = refused(dev(["--routes", &name, "--", "python3"])).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&name) && stderr.contains("$conect"), "{stderr}");
    std::fs::write(&file, r#"{"route":[{"routeKey":"say"}]}"#).unwrap();
    let (code, _, stderr) = refused(dev(["--routes", &name, "--", "python3"])).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&name) && stderr.contains("did you mean `routes`?"), "{stderr}");
}

#[tokio::test]
async fn a_routes_file_that_is_no_json_is_shown_what_one_is_like() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("routes.json").display().to_string();
    std::fs::write(&file, r#"{"routes": ["#).unwrap();
    let (code, stdout, stderr) = refused(dev(["--routes", &file, "--", "python3"])).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&file) && stderr.contains("not JSON") && stderr.contains("line 1"), "{stderr}");
    assert!(stderr.contains(r#"{ "routes": [{ "routeKey": "$default", "twoWay": true }] }"#), "{stderr}");
}

/// What the tool says in a package with these sources.
async fn in_package_with(sources: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"parts\"\nedition = \"2021\"\n[workspace]\n";
    std::fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    for source in sources {
        let path = dir.path().join(source);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "fn main() {}").unwrap();
    }
    let mut command = dev(["--port", "0"]);
    command.current_dir(dir.path());
    let (code, stdout, stderr) = refused(command).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    stderr
}

#[tokio::test]
async fn a_package_that_does_not_say_what_to_run_is_told_how_to() {
    let library = in_package_with(&["src/lib.rs"]).await;
    assert!(library.contains("package `parts` has no binary: add src/main.rs"), "{library}");
    let two = in_package_with(&["src/bin/one.rs", "src/bin/two.rs"]).await;
    assert!(two.contains("has several binaries, `one`, `two`: name one with --bin"), "{two}");
}

#[tokio::test]
async fn without_a_subcommand_the_help_is_shown() {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cargo-lift-ws"));
    command.arg("lift-ws");
    let (code, _, stderr) = refused(command).await;
    assert_eq!(code, Some(2));
    assert!(stderr.contains("Usage: cargo lift-ws <COMMAND>") && stderr.contains("Run an app"), "{stderr}");
}

#[tokio::test]
async fn a_folder_without_a_package_is_told_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = dev(["--port", "0"]);
    command.current_dir(dir.path());
    let (code, stdout, stderr) = refused(command).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.starts_with("error: there is no app to run: could not find `Cargo.toml`"), "{stderr}");
    assert!(stderr.contains("--manifest-path") && stderr.contains("--routes FILE -- PROGRAM"), "{stderr}");
}
