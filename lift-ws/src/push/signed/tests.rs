//! What is on the wire and what answers mean, beside the SDK's own posts.

mod differential;
mod signing;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_apigatewaymanagement::config::{
    BehaviorVersion, Credentials, IdentityCache, ProvideCredentials, Region, SharedCredentialsProvider,
};
use aws_smithy_async::time::TimeSource;
use bytes::Bytes;

use self::wire::Wire;
use super::SignedPoster;
use crate::push::{PostErrorKind, Poster};

const ID: &str = "L0SM9cOF-_cCIhw=";
const NOON: u64 = 1_767_268_800;

/// A clock that tests move, in seconds since the epoch.
#[derive(Debug, Clone)]
struct Seconds(Arc<AtomicU64>);

impl TimeSource for Seconds {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

impl Seconds {
    fn at(second: u64) -> Self {
        Self(Arc::new(AtomicU64::new(second)))
    }

    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn config(credentials: Option<SharedCredentialsProvider>, clock: &Seconds) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .identity_cache(IdentityCache::lazy().build())
        .time_source(clock.clone());
    config.set_credentials_provider(credentials);
    config.build()
}

fn fixed(token: Option<&str>) -> Option<SharedCredentialsProvider> {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", token.map(str::to_owned), None, "test");
    Some(SharedCredentialsProvider::new(credentials))
}

/// Credentials from a function.
struct Provider<F>(F);

impl<F> std::fmt::Debug for Provider<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

impl<F> ProvideCredentials for Provider<F>
where
    F: Fn() -> Result<Credentials, CredentialsError> + Send + Sync,
{
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready((self.0)())
    }
}

fn provided(
    source: impl Fn() -> Result<Credentials, CredentialsError> + Send + Sync + 'static,
) -> Option<SharedCredentialsProvider> {
    Some(SharedCredentialsProvider::new(Provider(source)))
}

#[tokio::test]
async fn learning_how_to_post_sends_nothing_and_is_done_once() {
    let wire = Wire::serve(wire::OK).await;
    let poster = SignedPoster::new(&config(fixed(None), &Seconds::at(NOON)));
    poster.way(&wire.url).await.unwrap().expect("a way");
    assert!(wire.requests().is_empty());
    let first = poster.known(&wire.url).unwrap();
    poster.post(&wire.url, ID, Bytes::from_static(b"hi")).await.unwrap();
    assert!(Arc::ptr_eq(&first, &poster.known(&wire.url).unwrap()));
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn posts_share_network_connections_with_each_other_and_with_what_the_sdk_sends() {
    let wire = Wire::serve(wire::OK).await;
    let poster = SignedPoster::new(&config(fixed(None), &Seconds::at(NOON)));
    poster.prewarm(&wire.url).await;
    for _ in 0..3 {
        poster.post(&wire.url, ID, Bytes::from_static(b"hi")).await.unwrap();
        poster.disconnect(&wire.url, ID).await.unwrap();
    }
    assert_eq!((wire.requests().len(), wire.sockets()), (7, 1));
}

#[tokio::test]
async fn an_answer_with_a_body_leaves_its_network_connection_to_the_next_post() {
    let wire = Wire::serve("HTTP/1.1 410 Gone\r\ncontent-length: 18\r\n\r\n{\"message\":\"Gone\"}").await;
    let poster = SignedPoster::new(&config(fixed(None), &Seconds::at(NOON)));
    for _ in 0..3 {
        let error = poster.post(&wire.url, ID, Bytes::from_static(b"hi")).await.unwrap_err();
        assert_eq!(error.kind(), PostErrorKind::Gone);
    }
    assert_eq!((wire.requests().len(), wire.sockets()), (3, 1));
}

#[tokio::test]
async fn credentials_are_renewed_in_time_and_asked_for_as_seldom_as_the_sdk_does() {
    let (wire, clock) = (Wire::serve(wire::OK).await, Seconds::at(NOON));
    let asked = Arc::new(AtomicU64::new(0));
    let (count, now) = (Arc::clone(&asked), clock.clone());
    let provider = provided(move || {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let until = now.now() + Duration::from_secs(900);
        Ok(Credentials::new(format!("AKID{turn}"), "s", Some(format!("T{turn}")), Some(until), "test"))
    });
    let poster = SignedPoster::new(&config(provider, &clock));
    for seconds in [0, 1, 800, 100, 1] {
        clock.pass(seconds);
        poster.post(&wire.url, ID, Bytes::from_static(b"hi")).await.unwrap();
    }
    let tokens: Vec<String> =
        wire.requests().iter().map(|request| request.header("x-amz-security-token").to_owned()).collect();
    assert_eq!(tokens, ["T0", "T0", "T0", "T1", "T1"]);
    assert!(wire.requests()[3].header("authorization").contains("Credential=AKID1/"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_long_message_is_signed_by_its_own_bytes_each_time() {
    let wire = Wire::serve(wire::OK).await;
    let poster = SignedPoster::new(&config(fixed(None), &Seconds::at(NOON)));
    let long = Bytes::from(vec![b'x'; 4_000]);
    for message in [long.clone(), long.slice(1..), long.clone(), Bytes::from(vec![b'y'; 4_000])] {
        poster.post(&wire.url, ID, message).await.unwrap();
    }
    for request in wire.requests() {
        assert_eq!(request.header("authorization"), signing::by_the_sdks_signer(&request, None));
    }
}

#[tokio::test]
async fn callback_urls_that_are_known_are_bounded() {
    let poster = SignedPoster::new(&config(fixed(None), &Seconds::at(NOON)));
    for n in 0..40 {
        poster.way(&format!("http://gateway-{n}.test/prod")).await.unwrap().expect("a way");
        assert!(poster.ways.read().unwrap().len() <= super::WAYS);
    }
}

/// Credentials that come when they are let out.
#[derive(Debug)]
struct Slow {
    asked: tokio::sync::Semaphore,
    come: tokio::sync::Semaphore,
}

impl ProvideCredentials for &'static Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.asked.add_permits(1);
            self.come.acquire().await.expect("it is never closed").forget();
            Ok(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        })
    }
}

#[tokio::test]
async fn nobody_waits_for_the_credentials_of_another_ones_first_post() {
    let wire = Wire::serve(wire::OK).await;
    let slow: &'static Slow = Box::leak(Box::new(Slow {
        asked: tokio::sync::Semaphore::new(0),
        come: tokio::sync::Semaphore::new(0),
    }));
    // Without a cache, each asks for credentials of its own.
    let config = config(Some(SharedCredentialsProvider::new(slow)), &Seconds::at(NOON));
    let config = config.into_builder().identity_cache(IdentityCache::no_cache()).build();
    let poster = Arc::new(SignedPoster::new(&config));
    let posts = [(); 3].map(|()| {
        let (poster, url) = (Arc::clone(&poster), wire.url.clone());
        tokio::spawn(async move { poster.post(&url, ID, Bytes::from_static(b"hi")).await })
    });
    let all_ask = tokio::time::timeout(Duration::from_secs(20), slow.asked.acquire_many(3));
    all_ask.await.expect("each asks while the others do").unwrap().forget();
    // The one that learns asks once more, to sign.
    slow.come.add_permits(4);
    for post in posts {
        post.await.unwrap().unwrap();
    }
    assert_eq!(wire.requests().len(), 3);
}
