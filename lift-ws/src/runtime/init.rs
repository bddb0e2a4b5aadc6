//! What is made once, before the first event.

use super::MakeState;
use crate::connection::Connections;
use crate::observe::init;
use crate::{App, Error, Service, ending, manifest};
use lambda_runtime::{BoxFuture, SnapStartResource};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

/// How long opening the clients' connections may take of the init phase.
const PREWARM: Duration = Duration::from_millis(500);

/// The state, and the connections if any route needs them, made at the same time.
pub(super) async fn service<A: App, M: MakeState<A::State>>(make: M) -> Result<Service<A>, Error> {
    if !manifest::needs_connections(A::NEEDS) {
        return Ok(Service::new(make.make().await?).on_lambda());
    }
    let (state, connections) = tokio::join!(make.make(), connections());
    Ok(Service::new(state?).with_connections(connections?).on_lambda())
}

#[cfg(feature = "aws")]
async fn connections() -> Result<Connections, Error> {
    let connections = Connections::from_env().await;
    prewarm(&connections).await;
    Ok(connections)
}

#[cfg(not(feature = "aws"))]
async fn connections() -> Result<Connections, Error> {
    Err(Error::internal(
        "handlers take `Connections`, but lift-ws was built without its feature `aws`; enable it, or mount the app yourself with `Service::with_connections`",
    ))
}

/// Opens connections to the table and the management API, so that the first event does not wait for TLS. Never
/// fatal; off with `LIFT_WS_PREWARM=0`.
async fn prewarm(connections: &Connections) {
    if std::env::var("LIFT_WS_PREWARM").is_ok_and(|value| value == "0") {
        return;
    }
    if tokio::time::timeout(PREWARM, connections.prewarm()).await.is_err() {
        tracing::debug!("connections could not be opened within 500 ms; the first event opens them");
    }
}

/// What is kept back gets out before the environment is frozen: nobody knows how often it will be thawed.
pub(super) struct Frozen;

impl SnapStartResource for Frozen {
    fn before_snapshot(&self) -> BoxFuture<'_, Result<(), lambda_runtime::Error>> {
        ending::end();
        Box::pin(ready(Ok(())))
    }

    fn after_restore(&self) -> BoxFuture<'_, Result<(), lambda_runtime::Error>> {
        init::forget();
        Box::pin(ready(Ok(())))
    }
}

/// After a snapshot was restored, sockets are dead: open new ones.
pub(super) struct Snapshot(Connections);

impl Snapshot {
    /// None where there are no sockets to open.
    pub(super) fn of<A: App>(service: &Service<A>) -> Option<Arc<dyn SnapStartResource>> {
        if const { !manifest::needs_connections(A::NEEDS) } {
            return None;
        }
        service.connections().map(|connections| Arc::new(Snapshot(connections.clone())) as _)
    }
}

impl SnapStartResource for Snapshot {
    fn after_restore(&self) -> BoxFuture<'_, Result<(), lambda_runtime::Error>> {
        Box::pin(async {
            prewarm(&self.0).await;
            Ok(())
        })
    }
}
