//! What the store adds to the SDK's own calls: `store ROUNDS`.
//!
//! Both sides make the same request of one client, whose HTTP client answers at once and in this process: the CPU of
//! sockets, and the noise of another process, would only make the difference look smaller. The SDK's side is given the
//! item ready and leaves it as it comes; ours makes it of a record and reads it into one. `whole` is all that the run
//! time does for a `$connect` and for a read past the cache: bounds checked, deadline and timeouts, the cache filled,
//! beside a client that has none of it.
//!
//! A line of output is `NAME MICROSECONDS_OF_CPU`.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

mod by_the_sdk;
mod wire;

use std::error::Error;
use std::time::{Duration, Instant, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use lift_ws::connection::{Admission, Connections, Record};
use lift_ws::store::ConnectionStore;
use lift_ws::store::dynamodb::{DEFAULT_TABLE, DynamoStore};
use lift_ws_bench_aws::{Contestant, cpu, medians};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use wire::Wire;

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

const CALLS: usize = 100;
const SCOPE: &str = "a1b2c3d4e5/prod";
const ID: &str = "L0SM9cOFvHcCIhw=";
const KEY: &str = "a1b2c3d4e5/prod#C#L0SM9cOFvHcCIhw=";

fn main() -> Outcome {
    let rounds = std::env::args().nth(1).ok_or("store ROUNDS")?.parse()?;
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let record = record(&admission()?);
    let wire = Wire::finding(&runtime.block_on(the_same_requests(&record))?);
    for (name, time) in medians(rounds, contestants(&runtime, &wire, &record)?) {
        println!("{name} {:.3}", time.as_secs_f64() * 1e6 / CALLS as f64);
    }
    Ok(())
}

/// A connection as a browser makes it.
fn admission() -> Result<Admission, Box<dyn Error>> {
    let now = u64::try_from(UNIX_EPOCH.elapsed()?.as_millis())?;
    let mut admission = Admission::new(ID, now);
    admission.user = Some("8c6d2b7e-51f4-4d8a-9b0e-3f1c7a2d9e64".to_owned());
    admission.tenant = Some("acme".to_owned());
    admission.source_ip = Some("203.0.113.27".to_owned());
    admission.user_agent = Some(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
            .to_owned(),
    );
    admission.attributes = Some(r#"{"plan":"gold","locale":"de-AT"}"#.to_owned());
    Ok(admission)
}

fn record(admission: &Admission) -> Record {
    let Admission { user, tenant, source_ip, user_agent, attributes, .. } = admission.clone();
    Record::new(ID, admission.connected_at, admission.connected_at / 1_000 + 9_000)
        .with_user(user)
        .with_tenant(tenant)
        .with_client(source_ip, user_agent)
        .with_attributes_json(attributes)
}

/// The item that both sides save. A contestant that asks for something else would be no peer.
async fn the_same_requests(record: &Record) -> Result<Value, Box<dyn Error>> {
    let wire = Wire::recording();
    let client = Client::new(&wire.config());
    let store = DynamoStore::new(client.clone(), DEFAULT_TABLE);
    store.put(SCOPE, record).await?;
    store.get(SCOPE, ID).await?;
    let ours = wire.take();
    let item = ours.first().ok_or("nothing was sent")?["Item"].clone();
    by_the_sdk::put(&client, by_the_sdk::item(&item)?).await?;
    by_the_sdk::get(&client, KEY).await?;
    let sdks = wire.take();
    if ours == sdks { Ok(item) } else { Err(format!("{ours:?} is not {sdks:?}").into()) }
}

fn contestants<'a>(
    runtime: &'a Runtime,
    wire: &Wire,
    record: &'a Record,
) -> Result<Vec<Contestant<'a>>, Box<dyn Error>> {
    let config = wire.config();
    let client = Client::new(&config);
    let store = DynamoStore::new(client.clone(), DEFAULT_TABLE);
    let also = store.clone();
    let whole = Connections::from_config(&config).bind("a1b2c3d4e5", "prod");
    let soon = move || whole.clone().with_deadline(Instant::now() + Duration::from_secs(29));
    let soon_again = soon.clone();
    let item = by_the_sdk::item(&runtime.block_on(the_same_requests(record))?)?;
    let admission = admission()?;
    let (putting, getting) = (client.clone(), client);
    Ok(vec![
        contestant(
            "save-sdk",
            runtime,
            move || item.clone(),
            move |item| {
                let client = putting.clone();
                async move { by_the_sdk::put(&client, item).await }
            },
        ),
        contestant(
            "save-ours",
            runtime,
            || (),
            move |()| {
                let store = store.clone();
                async move { Ok(store.put(SCOPE, record).await?) }
            },
        ),
        contestant(
            "save-whole",
            runtime,
            move || (soon(), admission.clone()),
            |(conns, admission)| async move {
                conns.admitted(admission).await?;
                Ok(())
            },
        ),
        contestant(
            "load-sdk",
            runtime,
            || (),
            move |()| {
                let client = getting.clone();
                async move { by_the_sdk::get(&client, KEY).await }
            },
        ),
        contestant(
            "load-ours",
            runtime,
            || (),
            move |()| {
                let store = also.clone();
                async move { found(store.get(SCOPE, ID).await?.is_some()) }
            },
        ),
        contestant("load-whole", runtime, soon_again, |conns| async move {
            found(conns.fresh(ID).await?.is_some())
        }),
    ])
}

fn found(is_found: bool) -> Outcome {
    if is_found { Ok(()) } else { Err("no record was found".into()) }
}

/// Calls one after the other; what they are given is made before the clock starts.
fn contestant<'a, T, F>(
    name: &'static str,
    runtime: &'a Runtime,
    given: impl Fn() -> T + 'a,
    call: impl Fn(T) -> F + 'a,
) -> Contestant<'a>
where
    F: Future<Output = Outcome>,
{
    Contestant::new(name, move || {
        let given: Vec<T> = (0..CALLS).map(|_| given()).collect();
        runtime.block_on(async {
            let before = cpu();
            for one in given {
                call(one).await.expect("the table takes and finds everything");
            }
            cpu() - before
        })
    })
}
