//! The signature of one post, by our signer and by the SDK's: `signing ROUNDS`.
//!
//! Both are given the same request and make the headers that it lacks: time, token, `authorization`. The SDK's signer is
//! called as the SDK calls it, and derives the key each time; ours keeps what does not change within a second. Each
//! batch of ours pays for a new second.
//!
//! A line of output is `WHO-BYTES_OF_MESSAGE MICROSECONDS_OF_CPU`.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

mod by_the_sdk;
mod ours;

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use lift_ws_bench_aws::{Contestant, cpu, undisturbed};

const POSTS: usize = 200;
const MESSAGES: [(&str, &str, usize); 2] = [("ours-100", "sdk-100", 100), ("ours-4096", "sdk-4096", 4096)];

const HOST: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
const PATH: &str = "/prod/%40connections/";
/// What the SDK sends and signs, beside host, length, time and token.
const HEADERS: [(&str, &str); 2] = [
    ("content-type", "application/octet-stream"),
    (
        "x-amz-user-agent",
        "aws-sdk-rust/1.6.4 ua/2.1 api/apigatewaymanagementapi#1.120.0 os/linux lang/rust#1.95.0",
    ),
];

/// What a post lacks before it is signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    date: String,
    token: Option<String>,
    authorization: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).ok_or("signing ROUNDS")?.parse()?;
    let ids: Vec<String> = (0..POSTS).map(|n| format!("L0SM9cOF{n:07}=")).collect();
    let mut contestants = Vec::new();
    for (ours, sdk, length) in MESSAGES {
        let message = vec![b'a'; length];
        let signer = by_the_sdk::Signer::default();
        both_sign_alike(&signer, &ids, &message)?;
        contestants.push(Contestant::new(ours, of_ours(&ids, message.clone())));
        contestants.push(Contestant::new(sdk, of_the_sdks(signer, &ids, message)));
    }
    for (name, time) in undisturbed(rounds, contestants) {
        println!("{name} {:.3}", time.as_secs_f64() * 1e6 / POSTS as f64);
    }
    Ok(())
}

/// A contestant that signs something else would be no peer.
fn both_sign_alike(
    sdk: &by_the_sdk::Signer,
    ids: &[String],
    message: &[u8],
) -> Result<(), Box<dyn std::error::Error>> {
    let now = SystemTime::now();
    let ours = ours::Signer::of(seconds(now));
    for id in ids {
        let (ours, sdks) = (ours.sign(id, message), Made::of(sdk.sign(&by_the_sdk::url(id), message, now)));
        if ours != sdks {
            return Err(format!("{ours:?} is not {sdks:?}").into());
        }
    }
    Ok(())
}

fn of_ours(ids: &[String], message: Vec<u8>) -> impl FnMut() -> std::time::Duration {
    let ids = ids.to_vec();
    move || {
        let before = cpu();
        let signer = ours::Signer::of(seconds(SystemTime::now()));
        for id in &ids {
            black_box(signer.sign(black_box(id), black_box(&message)));
        }
        cpu() - before
    }
}

fn of_the_sdks(
    signer: by_the_sdk::Signer,
    ids: &[String],
    message: Vec<u8>,
) -> impl FnMut() -> std::time::Duration {
    let urls: Vec<String> = ids.iter().map(|id| by_the_sdk::url(id)).collect();
    move || {
        let before = cpu();
        let now = SystemTime::now();
        for url in &urls {
            black_box(signer.sign(black_box(url), black_box(&message), now));
        }
        cpu() - before
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
