//! The DynamoDB beside the gateway: embedded, on a free port of the loopback, in a thread of its own.

mod door;
mod look;
mod sweeps;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::server::serve_with_shutdown;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::http;
pub(crate) use sweeps::Sweeps;

/// How long a request may hold the end up.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
const FILE_NAME: &str = "dynamodb.sqlite";

/// A running database. Dropping it ends it; [`shutdown`](Self::shutdown) also waits for that.
#[derive(Debug)]
pub(crate) struct Database {
    url: String,
    tables: Tables,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The way to make more tables while the database runs, and to look at all of them.
#[derive(Clone, Debug)]
pub(crate) struct Tables(mpsc::UnboundedSender<Order>);

#[derive(Debug)]
enum Order {
    Create { tables: Vec<Value>, reply: oneshot::Sender<Result<(), DatabaseError>> },
    Look(look::Look),
}

/// Why there is no database, or no table.
#[derive(Debug)]
pub(crate) struct DatabaseError(String);

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Database {
    /// Opens the database in `dir`, or in memory, and makes the tables that it does not have yet.
    pub(crate) async fn start(
        dir: Option<PathBuf>,
        tables: Vec<Value>,
        sweeps: Sweeps,
    ) -> Result<Self, DatabaseError> {
        let (stop, stopped) = oneshot::channel();
        let (report, started) = oneshot::channel();
        let (sender, received) = mpsc::unbounded_channel();
        let orders = Orders { orders: received, sweeps, stopped };
        let run = move || run(dir, tables, report, orders);
        let thread = std::thread::Builder::new().name("lift-ws-dynamodb".to_owned()).spawn(run);
        let thread = thread.map_err(|error| problem("cannot start its thread", error))?;
        match started.await {
            Ok(Ok(url)) => Ok(Self { url, tables: Tables(sender), stop: Some(stop), thread: Some(thread) }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(DatabaseError("its thread ended unexpectedly".to_owned())),
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> Option<&str> {
        Some(&self.url)
    }

    pub(crate) fn tables(&self) -> Tables {
        self.tables.clone()
    }

    /// Ends it, and returns when everything is written.
    pub(crate) async fn shutdown(mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Tables {
    /// Makes the tables that are not there yet; the others, and their items, stay as they are.
    pub(crate) async fn create_missing(&self, tables: Vec<Value>) -> Result<(), DatabaseError> {
        let (reply, made) = oneshot::channel();
        let _ = self.0.send(Order::Create { tables, reply });
        made.await.unwrap_or_else(|_| Err(DatabaseError("it has ended".to_owned())))
    }
}

/// What the thread is told while it runs.
struct Orders {
    orders: mpsc::UnboundedReceiver<Order>,
    sweeps: Sweeps,
    stopped: oneshot::Receiver<()>,
}

/// The thread's life.
fn run(
    dir: Option<PathBuf>,
    tables: Vec<Value>,
    report: oneshot::Sender<Result<String, DatabaseError>>,
    orders: Orders,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = report.send(Err(problem("cannot start its runtime", error)));
            return;
        }
    };
    runtime.block_on(async {
        match open(dir.as_deref(), &tables).and_then(|database| Ok((database, listen()?))) {
            Ok((database, (doors, url))) => {
                let _ = report.send(Ok(url));
                serve(database, doors, orders).await;
            }
            Err(error) => drop(report.send(Err(error))),
        }
    });
}

async fn serve(database: dynoxide::Database, doors: Doors, orders: Orders) {
    let Orders { orders, sweeps, stopped } = orders;
    let (stop_server, server_stopped) = oneshot::channel::<()>();
    let Doors { front, hidden, hidden_at } = doors;
    let server = serve_with_shutdown(hidden, database.clone(), async move { drop(server_stopped.await) });
    let mut server = std::pin::pin!(server);
    let mut front = std::pin::pin!(door::serve(front, hidden_at));
    tokio::select! {
        _ = &mut server => {}
        () = &mut front => {}
        () = sweeps.run(&database) => {}
        () = do_as_told(&database, orders) => {}
        _ = stopped => {
            drop(stop_server);
            let last = async { tokio::select! { _ = server => {}, () = front => {} } };
            let _ = timeout(LAST_REQUESTS, last).await;
        }
    }
}

/// Makes tables, and looks at them, until it is dropped.
async fn do_as_told(database: &dynoxide::Database, mut orders: mpsc::UnboundedReceiver<Order>) {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Create { tables, reply } => {
                let made = tables.iter().try_for_each(|table| create_if_missing(database, table));
                let _ = reply.send(made);
            }
            Order::Look(look) => look.answer(database),
        }
    }
    std::future::pending().await
}

fn open(dir: Option<&Path>, tables: &[Value]) -> Result<dynoxide::Database, DatabaseError> {
    let database = match dir {
        None => dynoxide::Database::memory().map_err(|error| problem("cannot be opened in memory", error))?,
        Some(dir) => open_file(dir)?,
    };
    tables.iter().try_for_each(|table| create_if_missing(&database, table))?;
    Ok(database)
}

fn open_file(dir: &Path) -> Result<dynoxide::Database, DatabaseError> {
    if dir.is_file() {
        return Err(DatabaseError(format!("`{}` is a file: name a folder", dir.display())));
    }
    let file = dir.join(FILE_NAME);
    let what = format!("cannot open {}", file.display());
    std::fs::create_dir_all(dir).map_err(|error| problem(&what, error))?;
    let Some(path) = file.to_str() else {
        return Err(DatabaseError(format!("{what}: its path is not UTF-8, choose another folder")));
    };
    dynoxide::Database::new(path).map_err(|error| problem(&what, error))
}

/// Makes a table from a `CreateTable` request that may carry a `TimeToLiveSpecification` too. Its stream is left out:
/// the engine keeps every change for ever, and reads all of them to number the next, while nothing here reads streams.
fn create_if_missing(database: &dynoxide::Database, table: &Value) -> Result<(), DatabaseError> {
    let mut request = table.clone();
    let mut take = |setting: &str| request.as_object_mut().and_then(|table| table.remove(setting));
    let time_to_live = take("TimeToLiveSpecification");
    take("StreamSpecification");
    let name = table.get("TableName").and_then(Value::as_str).unwrap_or("without a name");
    let what = format!("cannot make the table {name}");
    let known = database.get_table_metadata(name).map_err(|error| problem(&what, error))?;
    if known.is_some() {
        return Ok(());
    }
    let request = serde_json::from_value(request).map_err(|error| problem(&what, error))?;
    database.create_table(request).map_err(|error| problem(&what, error))?;
    if let Some(time_to_live) = time_to_live {
        let request = serde_json::json!({ "TableName": name, "TimeToLiveSpecification": time_to_live });
        let request = serde_json::from_value(request).map_err(|error| problem(&what, error))?;
        database.update_time_to_live(request).map_err(|error| problem(&what, error))?;
    }
    Ok(())
}

/// Where functions reach the database, and where it really listens.
struct Doors {
    front: TcpListener,
    hidden: TcpListener,
    hidden_at: SocketAddr,
}

fn listen() -> Result<(Doors, String), DatabaseError> {
    let listen = || {
        let front = http::listen()?;
        let url = format!("http://{}", front.local_addr()?);
        let hidden = door::listen_hidden(RandomState::new().hash_one(&url))?;
        let hidden_at = hidden.local_addr()?;
        Ok((Doors { front, hidden, hidden_at }, url))
    };
    listen().map_err(|error: std::io::Error| problem("cannot listen on the loopback", error))
}

fn problem(what: &str, error: impl fmt::Display) -> DatabaseError {
    DatabaseError(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Fault, FaultRule, Faults};
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn table() -> Value {
        json!({
            "TableName": "connections-table",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "PK", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "PK", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
            "TimeToLiveSpecification": { "AttributeName": "expires", "Enabled": true },
        })
    }

    async fn start(dir: Option<PathBuf>, tables: Vec<Value>) -> Result<Database, DatabaseError> {
        Database::start(dir, tables, Sweeps::usual(Faults::new(1))).await
    }

    async fn call(database: &Database, operation: &str, body: &Value) -> String {
        call_with(database, operation, body, "").await
    }

    /// `more` headers end in `\r\n` each.
    async fn call_with(database: &Database, operation: &str, body: &Value, more: &str) -> String {
        let address = database.url().unwrap().strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let body = body.to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\n{more}connection: close\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-target: DynamoDB_20120810.{operation}\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=0\r\nx-amz-date: 20260101T000000Z\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_manifests_tables_exist_with_their_time_to_live() {
        let database = start(None, vec![table()]).await.unwrap();
        let answer =
            call(&database, "DescribeTimeToLive", &json!({ "TableName": "connections-table" })).await;
        assert!(answer.contains("\"ENABLED\""), "{answer}");
        database.shutdown().await;
    }

    /// Each write would take longer than the one before.
    #[tokio::test]
    async fn tables_have_no_stream_that_grows_for_ever() {
        let database = start(None, vec![table()]).await.unwrap();
        let answer = call(&database, "DescribeTable", &json!({ "TableName": "connections-table" })).await;
        assert!(answer.contains("\"TableName\"") && !answer.contains("Stream"), "{answer}");
        database.shutdown().await;
    }

    #[tokio::test]
    async fn a_web_page_reads_nothing_and_is_given_no_leave_to() {
        let database = start(None, vec![table()]).await.unwrap();
        let page = "origin: https://evil.example\r\n";
        let answer = call_with(&database, "ListTables", &json!({}), page).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("evil.example"), "{answer}");
        assert!(!answer.contains("connections-table") && !answer.contains("access-control"), "{answer}");
        assert!(call(&database, "ListTables", &json!({})).await.contains("connections-table"));
        database.shutdown().await;
    }

    #[tokio::test]
    async fn a_kept_connection_is_answered_again_and_again() {
        let database = start(None, vec![table()]).await.unwrap();
        let address = database.url().unwrap().strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        for _ in 0..3 {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            let mut answer = [0; 4096];
            let length = stream.read(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer[..length]);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        database.shutdown().await;
    }

    #[tokio::test]
    async fn items_in_a_folder_outlive_the_gateway() {
        let dir = tempfile::tempdir().unwrap();
        let key = json!({ "PK": { "S": "a" } });
        let first = start(Some(dir.path().into()), vec![table()]).await.unwrap();
        call(&first, "PutItem", &json!({ "TableName": "connections-table", "Item": key })).await;
        first.shutdown().await;
        let second = start(Some(dir.path().into()), vec![table()]).await.unwrap();
        let answer = call(&second, "GetItem", &json!({ "TableName": "connections-table", "Key": key })).await;
        assert!(answer.contains("{\"S\":\"a\"}"), "{answer}");
        second.shutdown().await;
    }

    #[tokio::test]
    async fn a_table_that_cannot_be_made_is_named() {
        let error = start(None, vec![json!({ "TableName": "no-key-table" })]).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot make the table no-key-table: "), "{error}");
    }

    async fn swept_often(faults: &Faults) -> Database {
        let sweeps = Sweeps { faults: faults.clone(), every: Duration::from_millis(1) };
        Database::start(None, vec![table()], sweeps).await.unwrap()
    }

    /// Whether an item that has expired is still there, after so many looks.
    async fn survives(database: &Database, looks: usize) -> bool {
        let item = json!({ "PK": { "S": "a" }, "expires": { "N": "1700000000" } });
        call(database, "PutItem", &json!({ "TableName": "connections-table", "Item": item })).await;
        let get = json!({ "TableName": "connections-table", "Key": { "PK": { "S": "a" } }, "ConsistentRead": true });
        let mut is_there = true;
        for _ in 0..looks {
            is_there = call(database, "GetItem", &get).await.contains("1700000000");
            if !is_there {
                break;
            }
        }
        is_there
    }

    #[tokio::test]
    async fn expired_items_are_removed_unless_a_fault_keeps_them() {
        let faults = Faults::new(1);
        let database = swept_often(&faults).await;
        assert!(!survives(&database, 10_000).await);
        database.shutdown().await;
        faults.inject(Fault::ExpiryLate(Duration::from_secs(3_600)));
        let database = swept_often(&faults).await;
        assert!(survives(&database, 50).await);
        database.shutdown().await;
        assert_eq!(
            faults.report().happened["late-expiry"],
            1,
            "the first sweep asks, and an hour nothing more"
        );
    }

    #[tokio::test]
    async fn items_that_a_fault_keeps_are_removed_when_it_is_taken_away() {
        let faults = Faults::new(1);
        let rule = faults.add(FaultRule::new(Fault::ExpiryLate(Duration::from_secs(3_600))));
        let database = swept_often(&faults).await;
        assert!(survives(&database, 50).await);
        assert!(faults.remove(rule) && !survives(&database, 10_000).await);
        database.shutdown().await;
    }

    #[tokio::test]
    async fn items_that_a_fault_of_a_single_time_keeps_are_removed_when_all_faults_are_taken_away() {
        let faults = Faults::new(1);
        faults.inject(Fault::ExpiryLate(Duration::from_secs(3_600)));
        let database = swept_often(&faults).await;
        assert!(survives(&database, 50).await);
        faults.clear();
        assert!(!survives(&database, 10_000).await);
        database.shutdown().await;
    }
}
