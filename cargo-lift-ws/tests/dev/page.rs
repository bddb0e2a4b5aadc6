//! The page knows how the build stands.

use serde_json::json;

use crate::little::LittleApp;
use crate::running::Running;

#[tokio::test]
async fn the_page_shows_what_the_compiler_says_until_it_is_mended() {
    let app = LittleApp::that_answers("one");
    let mut running = Running::start(app.dev(&[])).await;
    let mut client = running.connect().await;
    let mut page = running.listen_as_page().await;
    let first = page.news().await;
    assert_eq!((&first["build"], &first["errors"]), (&json!("passed"), &json!("")));

    app.handler("let number: u8 = \"<b>text</b>\"; String::new()");
    let failed = page.news_of("failed").await;
    let errors = failed["errors"].as_str().unwrap();
    assert!(errors.starts_with("error[E0308]: mismatched types\n --> src/handler.rs:3:"), "{errors}");
    assert!(
        errors.contains("\"<b>text</b>\"")
            && errors.ends_with("`cargo build --package little --bin little` failed")
    );
    assert!(!errors.contains('\x1b'));
    let line = running.stderr.with("error[E0308]").await;
    assert_eq!(line, "error[E0308]: mismatched types");
    running.stderr.with("the last build keeps running").await;
    assert_eq!(client.ask("?").await, "one");

    // A page that is opened now is told at once.
    let mut late = running.listen_as_page().await;
    assert_eq!(late.news().await, failed);

    app.answers("two");
    let running_again = page.news_of("running").await;
    assert_eq!(running_again["errors"], failed["errors"]);
    let passed = page.news_of("passed").await;
    assert_eq!(passed["errors"], "");
    assert_eq!(client.ask("?").await, "two");

    // What is no error of the compiler's is told too: cargo's own words, and those of an app that does not start.
    let manifest = std::fs::read_to_string(app.path("Cargo.toml")).unwrap();
    app.write("Cargo.toml", "[package]\nnames = \"little\"\n");
    let failed = page.news_of("failed").await;
    assert!(failed["errors"].as_str().unwrap().starts_with("error: "), "{failed}");
    app.write("Cargo.toml", &manifest);
    page.news_of("passed").await;
    app.write("src/main.rs", "fn main() { eprintln!(\"no table\"); std::process::exit(9) }");
    let failed = page.news_of("failed").await;
    assert!(failed["errors"].as_str().unwrap().contains("  | no table"), "{failed}");
}

#[tokio::test]
async fn pages_get_the_script_unless_they_are_to_be_left_as_they_are() {
    let app = LittleApp::that_answers("one");
    let running = Running::start(app.dev(&[])).await;
    let (status, page) = running.get("/").await;
    assert_eq!((status, page.as_str()), (200, "<p>hello\n<script src=\"/_lift/dev.js\" async></script>\n"));
    let (status, script) = running.get("/_lift/dev.js").await;
    assert_eq!(status, 200);
    assert!(script.contains("new WebSocket"));
    assert_eq!(running.end("-TERM").await.code(), Some(0));

    for option in ["--no-overlay", "--no-control"] {
        let running = Running::start(app.dev(&[option])).await;
        assert_eq!(running.get("/").await, (200, "<p>hello".to_owned()), "{option}");
        assert_eq!(running.get("/_lift/dev.js").await.0, 404, "{option}");
        assert_eq!(running.end("-TERM").await.code(), Some(0));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_hears_nothing() {
    let app = LittleApp::that_answers("one");
    let running = Running::start(app.dev(&[])).await;
    for origin in ["https://evil.example", "http://localhost:1"] {
        assert!(running.listen_from(Some(origin)).await.is_err(), "{origin}");
    }
}
