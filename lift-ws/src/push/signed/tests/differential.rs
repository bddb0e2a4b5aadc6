//! Both ways of posting side by side: equal requests, equal meanings of all answers.

use std::collections::BTreeMap;

use aws_config::timeout::TimeoutConfig;

use super::*;
use crate::push::PostError;
use crate::push::sdk::SdkPoster;

async fn both(config: &SdkConfig, url: &str, id: &str, message: &Bytes) -> [Result<(), PostError>; 2] {
    [
        SdkPoster::new(config).post(url, id, message.clone()).await,
        SignedPoster::new(config).post(url, id, message.clone()).await,
    ]
}

fn kind(outcome: &Result<(), PostError>) -> (Option<PostErrorKind>, Option<u16>) {
    let error = outcome.as_ref().err();
    (error.map(PostError::kind), error.and_then(PostError::status))
}

/// The headers, the signature among them, but for those two that are neither signed nor read by the gateway.
fn headers_that_matter(request: &wire::Request) -> BTreeMap<&str, &str> {
    let aside = ["amz-sdk-invocation-id", "amz-sdk-request"];
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    headers.filter(|(name, _)| !aside.contains(name)).collect()
}

#[tokio::test]
async fn both_put_the_same_request_on_the_wire() {
    let odd_ids = [ID, "a b/c?d#e%f", "ünïcödé", "~._-", "...", "+&;,:@!$'()*[]{}|\\^`\"<>"];
    for (path, token) in
        [("/prod", None), ("/prod", Some("T0ken/+=")), ("/v1/ws%20s/x.y", None), ("", Some("t"))]
    {
        let wire = Wire::serve_below(path, wire::OK).await;
        let config = config(fixed(token), &Seconds::at(NOON));
        for id in odd_ids {
            let long = "ä".repeat(40_000);
            for message in ["hi", "", &long] {
                let message = Bytes::copy_from_slice(message.as_bytes());
                for outcome in both(&config, &wire.url, id, &message).await {
                    outcome.unwrap();
                }
            }
        }
        let requests = wire.requests();
        assert_eq!(requests.len(), odd_ids.len() * 3 * 2);
        for pair in requests.chunks(2) {
            let [sdk, ours] = pair else { panic!("pairs") };
            assert_eq!((&ours.method, &ours.path, &ours.body), (&sdk.method, &sdk.path, &sdk.body));
            assert_eq!(headers_that_matter(ours), headers_that_matter(sdk));
        }
    }
}

#[tokio::test]
async fn ids_that_are_none_end_alike() {
    let wire = Wire::serve(wire::OK).await;
    let config = config(fixed(None), &Seconds::at(NOON));
    for id in ["", ".", ".."] {
        let [sdk, ours] = both(&config, &wire.url, id, &Bytes::from_static(b"hi")).await;
        assert_eq!(kind(&ours), kind(&sdk), "{id}");
    }
    let requests = wire.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    assert!(paths.chunks(2).all(|pair| pair[0] == pair[1]), "{paths:?}");
}

#[tokio::test]
async fn both_type_every_answer_alike() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: ForbiddenException\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: ExpiredTokenException\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 410 Gone\r\nx-amzn-ErrorType: GoneException\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 413 Too Large\r\nx-amzn-ErrorType: PayloadTooLargeException\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 429 Slow\r\nx-amzn-ErrorType: LimitExceededException\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\nconnection: close\r\n\r\ncut",
        "nonsense\r\n\r\n",
        // Closed after the request was read.
        "",
    ] {
        let wire = Wire::serve(answer).await;
        let config = config(fixed(None), &Seconds::at(NOON));
        let posts = async { both(&config, &wire.url, ID, &Bytes::from_static(b"hi")).await };
        let [sdk, ours] = tokio::time::timeout(Duration::from_secs(20), posts).await.expect("both end");
        assert_eq!(kind(&ours), kind(&sdk), "{answer}: {sdk:?} {ours:?}");
        assert_eq!(wire.requests().len(), 2, "neither tries again: {answer}");
    }
}

#[tokio::test]
async fn both_type_the_want_of_an_answer_alike() {
    let here = config(fixed(None), &Seconds::at(NOON));
    let (closing, _closes) = Wire::that_closes_at_once().await;
    let message = Bytes::from_static(b"hi");
    for (config, url, wanted) in [
        (&here, &Wire::nobody().await, PostErrorKind::Unreachable),
        (&here, &"http://no-such-host.invalid/prod".to_owned(), PostErrorKind::Unreachable),
        (&here, &closing, PostErrorKind::UnknownOutcome),
        (&here, &"no address".to_owned(), PostErrorKind::Configuration),
        (&config(None, &Seconds::at(NOON)), &closing, PostErrorKind::Configuration),
    ] {
        let [sdk, ours] = both(config, url, ID, &message).await;
        assert_eq!(kind(&ours), kind(&sdk), "{url}: {sdk:?} {ours:?}");
        assert_eq!(kind(&ours).0, Some(wanted), "{url}: {ours:?}");
    }
}

#[tokio::test]
async fn credentials_that_fail_before_or_after_the_first_post_are_a_matter_of_configuration() {
    let (wire, clock) = (Wire::serve(wire::OK).await, Seconds::at(NOON));
    let now = clock.clone();
    let provider = provided(move || {
        let until = now.now() + Duration::from_secs(900);
        if now.0.load(Ordering::SeqCst) == NOON {
            Ok(Credentials::new("AKIDEXAMPLE", "secret", None, Some(until), "test"))
        } else {
            Err(CredentialsError::provider_error("the source is down"))
        }
    });
    let config = config(provider, &clock);
    let (sdk, ours) = (SdkPoster::new(&config), SignedPoster::new(&config));
    let message = Bytes::from_static(b"hi");
    sdk.post(&wire.url, ID, message.clone()).await.unwrap();
    ours.post(&wire.url, ID, message.clone()).await.unwrap();
    clock.pass(1_000);
    for poster in [&sdk as &dyn Poster, &ours, &SignedPoster::new(&config)] {
        let error = poster.post(&wire.url, ID, message.clone()).await.unwrap_err();
        assert_eq!(error.kind(), PostErrorKind::Configuration, "{error:?}");
    }
    assert_eq!(wire.requests().len(), 2);
}

#[tokio::test]
async fn the_sdks_time_outs_hold_for_both() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/prod", silent.local_addr().unwrap());
    let short = Duration::from_millis(20);
    for timeouts in [
        TimeoutConfig::builder().operation_timeout(short).build(),
        TimeoutConfig::builder().operation_attempt_timeout(short).build(),
        TimeoutConfig::builder().read_timeout(short).build(),
    ] {
        let config = config(fixed(None), &Seconds::at(NOON)).into_builder().timeout_config(timeouts).build();
        let [sdk, ours] = both(&config, &url, ID, &Bytes::from_static(b"hi")).await;
        assert_eq!(kind(&ours), kind(&sdk));
        assert_eq!(kind(&ours).0, Some(PostErrorKind::UnknownOutcome));
    }
}
