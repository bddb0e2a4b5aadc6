//! A program that is asked who may connect.

use crate::running::{Running, dev, foreign};

#[tokio::test]
async fn an_authorizer_is_one_line_that_says_why_somebody_was_refused() {
    let path = |name| foreign(name).display().to_string();
    let arguments = ["--port", "0", "--routes", &path("guarded.json"), "--", "python3", &path("loop.py")];
    let mut running = Running::start(dev(arguments)).await;
    for (query, expected) in [
        (
            "?token=",
            "refused, 401: the identity source `route.request.querystring.token` is missing or empty in the \
             handshake; the authorizer was not asked",
        ),
        ("?token=unknown", "refused, 401: the authorizer failed with the error `Unauthorized`"),
        (
            "?token=rest",
            "refused, 403: the policy's resource `arn:aws:execute-api:us-east-1:000000000000:local00000/dev/*/*` does \
             not match `arn:aws:execute-api:us-east-1:000000000000:local00000/dev/$connect`: one segment follows the \
             stage, the route, and no method; return the event's `methodArn` as the resource",
        ),
    ] {
        assert!(running.connect_with(query).await.is_err(), "{query}");
        let line = running.stderr.with("authorizer ").await;
        assert!(line.ends_with(expected), "{line}");
    }
    let mut client = running.connect_with("?token=ann").await.unwrap();
    let line = running.stderr.with("authorizer ").await;
    assert!(line.ends_with(" allowed"), "{line}");
    running.stderr.with("$connect ").await;
    assert_eq!(client.ask(r#"{"action":"me"}"#).await, "ann");
    assert_eq!(running.end("-TERM").await.code(), Some(0));
}

#[tokio::test]
async fn an_identity_source_that_is_none_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let routes = dir.path().join("routes.json");
    let manifest = r#"{ "routes": [{ "routeKey": "say" }], "authorizer": { "identitySources": ["$request.header.Auth"] } }"#;
    std::fs::write(&routes, manifest).unwrap();
    let arguments = ["--port", "0", "--routes", routes.to_str().unwrap(), "--", "true"];
    let (status, stdout, stderr) = crate::running::refused(dev(arguments)).await;
    assert_eq!((status, stdout.as_str()), (Some(1), ""));
    let expected = "identity source 1 of `authorizer`: `$request.header.Auth` is written as for HTTP APIs: write \
                    `route.request.header.Auth`";
    assert!(stderr.contains(expected), "{stderr}");
}
