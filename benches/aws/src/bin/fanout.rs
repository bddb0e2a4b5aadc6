//! One message to many connections, by us and by the SDK's client in turn: `fanout URL POSTS ROUNDS [ours|sdk]`.
//!
//! A line of output is `WHO CONCURRENCY POSTS_PER_SECOND MICROSECONDS_OF_CPU_PER_POST`, for each round. Ours is the
//! whole way of a broadcast: members read page by page, rate (lifted) and places, signatures, outcomes counted. The
//! SDK's client is driven as one drives it by hand who knows it: posts in flight bounded, retries off.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::error::Error;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::config::StalledStreamProtectionConfig;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_apigatewaymanagement::{Client, config};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lift_ws::connection::{Admission, Connections, Settings};
use lift_ws::push::signed::SignedPoster;
use lift_ws::store::memory::MemoryStore;
use lift_ws_bench_aws::cpu;

const MESSAGE: &[u8] =
    br#"{"type":"said","room":"blue","from":"ann","text":"hello everybody in the blue room","at":1767268800}"#;
const CONCURRENCY: [usize; 4] = [32, 128, 256, 512];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("fanout URL POSTS ROUNDS [ours|sdk]");
    let (url, posts, rounds): (_, usize, usize) = (argument()?, argument()?.parse()?, argument()?.parse()?);
    let only = arguments.next();
    let wants = |who: &str| only.as_deref().is_none_or(|only| only == who);
    let config = lift_ws_bench_aws::config();
    let ids: Vec<String> = (0..posts).map(|n| format!("L0SM9cOF{n:07}=")).collect();
    for round in 0..=rounds {
        for concurrency in CONCURRENCY {
            for who in ["sdk", "ours"].into_iter().filter(|who| wants(who)) {
                let Measure { rate, cpu, .. } = if who == "sdk" {
                    by_the_sdk(&config, &url, &ids, concurrency).await?
                } else {
                    by_us(&config, &url, &ids, concurrency).await?
                };
                // The first round warms up.
                if round > 0 {
                    println!("{who} {concurrency} {rate:.0} {cpu:.2}");
                }
            }
        }
    }
    Ok(())
}

async fn by_the_sdk(
    config: &SdkConfig,
    url: &str,
    ids: &[String],
    places: usize,
) -> Result<Measure, Box<dyn Error>> {
    let config = config::Builder::from(config)
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    let client = Client::from_conf(config);
    let post = |id: &String| client.post_to_connection().connection_id(id).data(Blob::new(MESSAGE)).send();
    warm_up(places, || async { post(&ids[0]).await.map(drop).map_err(Into::into) }).await?;
    let measure = Measure::start();
    let mut posts = stream::iter(ids).map(post).buffer_unordered(places);
    while let Some(outcome) = posts.next().await {
        outcome?;
    }
    Ok(measure.end(ids.len()))
}

async fn by_us(
    config: &SdkConfig,
    url: &str,
    ids: &[String],
    places: usize,
) -> Result<Measure, Box<dyn Error>> {
    let settings = Settings::default().with_rate(u32::MAX).with_concurrency(places);
    let conns =
        Connections::builder(MemoryStore::new(), SignedPoster::new(config)).settings(settings).build();
    let conns = conns.at(url).scope("a1/prod");
    let now = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    for (number, id) in ids.iter().enumerate() {
        let mut admission = Admission::new(id, u64::try_from(now)? - u64::try_from(number)?);
        admission.groups = vec![("blue".to_owned(), None)];
        conns.admitted(admission).await?;
    }
    warm_up(places, || async { conns.send_raw(&ids[0], MESSAGE).await.map_err(Into::into) }).await?;
    let measure = Measure::start();
    let report = conns.group("blue").send_raw(Bytes::from_static(MESSAGE)).await?;
    if report.delivered == ids.len() { Ok(measure.end(ids.len())) } else { Err(format!("{report:?}").into()) }
}

/// Opens the network connections.
async fn warm_up<F>(places: usize, post: impl Fn() -> F) -> Result<(), Box<dyn Error>>
where
    F: Future<Output = Result<(), Box<dyn Error>>>,
{
    let outcomes: Vec<_> =
        stream::iter(0..places * 2).map(|_| post()).buffer_unordered(places).collect().await;
    outcomes.into_iter().collect()
}

struct Measure {
    start: Instant,
    cpu_before: Duration,
    rate: f64,
    cpu: f64,
}

impl Measure {
    fn start() -> Self {
        Self { start: Instant::now(), cpu_before: cpu(), rate: 0.0, cpu: 0.0 }
    }

    fn end(mut self, posts: usize) -> Self {
        let posts = posts as f64;
        self.rate = posts / self.start.elapsed().as_secs_f64();
        self.cpu = (cpu() - self.cpu_before).as_secs_f64() * 1e6 / posts;
        self
    }
}
