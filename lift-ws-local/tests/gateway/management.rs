//! `@connections` over HTTP.

use crate::client::{SIGNATURE, http, scripted, start};

#[tokio::test]
async fn a_post_arrives_as_a_text_message_however_the_path_is_encoded() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let id = client.id().await;
    let encoded = id.replace('=', "%3D");
    for path in [
        format!("/dev/@connections/{id}"),
        format!("/dev/@connections/{encoded}"),
        format!("/dev/%40connections/{encoded}"),
    ] {
        let headers = format!("authorization: {SIGNATURE}\r\ncontent-type: application/x-amz-json-1.1\r\n");
        let answer = http(&watched.address(), "POST", &path, &headers, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(client.hear().await, path);
    }
}

#[tokio::test]
async fn errors_name_their_type_in_the_header_that_sdks_read() {
    let watched = start(scripted(&[])).await;
    let gone = watched.manage("POST", "AbCdEdXyZ_wCQr0=", "x").await;
    assert_eq!((gone.status, gone.header("x-amzn-errortype")), (410, Some("GoneException")));
    assert_eq!(gone.body, "");
    let malformed = watched.manage("POST", "nonsense", "x").await;
    assert_eq!((malformed.status, malformed.header("x-amzn-errortype")), (400, Some("BadRequestException")));
    let mut client = watched.connect().await;
    let id = client.id().await;
    let large = watched.manage("POST", &id, &"x".repeat(128 * 1024 + 1)).await;
    assert_eq!((large.status, large.header("x-amzn-errortype")), (413, Some("PayloadTooLargeException")));
    assert_eq!(watched.manage("POST", &id, &"x".repeat(128 * 1024)).await.status, 200);
    assert_eq!(client.hear().await.len(), 128 * 1024);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_post() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let id = client.id().await;
    let path = format!("/dev/@connections/{}", id.replace('=', "%3D"));
    for (origin, status) in [("https://evil.example", 403), ("http://localhost:3000", 200)] {
        let headers = format!("authorization: {SIGNATURE}\r\norigin: {origin}\r\n");
        assert_eq!(
            http(&watched.address(), "POST", &path, &headers, origin).await.status,
            status,
            "{origin}"
        );
    }
    assert_eq!(client.hear().await, "http://localhost:3000", "the other one has not arrived");
}

#[tokio::test]
async fn get_describes_and_delete_closes_normally() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let id = client.id().await;
    let description = watched.manage("GET", &id, "").await;
    assert_eq!(description.status, 200);
    assert_eq!(description.json()["identity"]["sourceIp"], "127.0.0.1");
    let deleted = watched.manage("DELETE", &id, "").await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    assert_eq!(client.closed().await, (1000, "Connection Closed Normally".to_owned()));
    assert_eq!(watched.manage("GET", &id, "").await.status, 410);
}

#[tokio::test]
async fn a_call_is_answered_while_the_only_environment_is_busy_in_connect() {
    let mut watched = start(scripted(&["$connect"]).environments(1)).await;
    let _client = watched.connect_with("?post=self").await.unwrap();
    assert_eq!(watched.printed("post in connect ").await, "410");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_throttled_and_told_so_to_the_poster() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let id = client.id().await;
    let message = "x".repeat(128 * 1024);
    let mut taken = 0;
    // The operating system's buffers take some megabytes before the gateway's own fills.
    let refused = loop {
        let answer = watched.manage("POST", &id, &message).await;
        if answer.status != 200 || taken == 1_000 {
            break answer;
        }
        taken += 1;
    };
    assert_eq!((refused.status, refused.header("x-amzn-errortype")), (429, Some("LimitExceededException")));
    for _ in 0..taken {
        assert_eq!(client.hear().await.len(), message.len());
    }
    assert_eq!(watched.manage("POST", &id, "room again").await.status, 200);
    assert_eq!(client.hear().await, "room again");
}
