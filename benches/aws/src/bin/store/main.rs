//! What the store adds to the SDK's own calls: `store ROUNDS`.
//!
//! Both sides make the same request of one client, whose HTTP client answers at once and in this process: the CPU of
//! sockets, and the noise of another process, would only make the difference look smaller. The SDK's side is given the
//! item ready and leaves it as it comes; ours makes it of a record and reads it into one. `whole` is all that the run
//! time does for a `$connect` and for a read past the cache: limits checked, an eye on the deadline, the cache filled. Its
//! client has a time limit per try, which costs the SDK a timer, and so has the SDK's side there.
//!
//! A line of output is `NAME MICROSECONDS_OF_CPU`.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

mod by_the_sdk;
mod wire;

use std::error::Error;
use std::time::{Duration, Instant, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use lift_ws::connection::{Admission, Connections, Record};
use lift_ws::store::ConnectionStore;
use lift_ws::store::dynamodb::{DEFAULT_TABLE, DynamoStore};
use lift_ws_bench_aws::{Contestant, cpu, undisturbed};
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
    let sides = runtime.block_on(Sides::new())?;
    for (name, time) in undisturbed(rounds, contestants(&runtime, &sides)) {
        println!("{name} {:.3}", time.as_secs_f64() * 1e6 / CALLS as f64);
    }
    Ok(())
}

/// What the two sides work with.
struct Sides {
    client: Client,
    with_limit: Client,
    store: DynamoStore,
    whole: Connections,
    admission: Admission,
    record: Record,
    item: by_the_sdk::Item,
}

impl Sides {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let admission = admission()?;
        let record = record(&admission);
        let item = the_same_requests(&record).await?;
        let config = Wire::finding(&item).config();
        let client = Client::new(&config);
        let limit = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(3)).build();
        Ok(Self {
            with_limit: Client::new(&config.clone().into_builder().timeout_config(limit).build()),
            store: DynamoStore::new(client.clone(), DEFAULT_TABLE),
            whole: Connections::from_config(&config).bind("a1b2c3d4e5", "prod"),
            item: by_the_sdk::item(&item)?,
            client,
            admission,
            record,
        })
    }

    fn whole(&self) -> Connections {
        self.whole.clone().with_deadline(Instant::now() + Duration::from_secs(29))
    }
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

fn contestants<'a>(runtime: &'a Runtime, sides: &'a Sides) -> Vec<Contestant<'a>> {
    let Sides { client, with_limit, store, admission, record, item, .. } = sides;
    let save_whole = |(conns, admission): (Connections, _)| async move {
        conns.admitted(admission).await?;
        Ok(())
    };
    let load_whole = |conns: Connections| async move { found(conns.fresh(ID).await?.is_some()) };
    let save = move |()| async move { Ok(store.put(SCOPE, record).await?) };
    let load = move |()| async move { found(store.get(SCOPE, ID).await?.is_some()) };
    let save_by = |client: &'a Client| move |item| by_the_sdk::put(client, item);
    let load_by = |client: &'a Client| move |()| by_the_sdk::get(client, KEY);
    vec![
        contestant("save-sdk", runtime, || item.clone(), save_by(client)),
        contestant("save-ours", runtime, || (), save),
        contestant("save-sdk-with-limit", runtime, || item.clone(), save_by(with_limit)),
        contestant("save-whole", runtime, || (sides.whole(), admission.clone()), save_whole),
        contestant("load-sdk", runtime, || (), load_by(client)),
        contestant("load-ours", runtime, || (), load),
        contestant("load-sdk-with-limit", runtime, || (), load_by(with_limit)),
        contestant("load-whole", runtime, || sides.whole(), load_whole),
    ]
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
