//! The gateway as a whole: what users start, and the task that owns its state.

mod alarm;
mod builder;
mod driver;
mod report;
mod start_error;

use std::fmt;
use std::net::SocketAddr;
use std::thread::JoinHandle;

pub use builder::LocalGatewayBuilder;
pub use report::Report;
pub use start_error::StartError;

use crate::core::{Api, Manifest, ManifestError};
use crate::environments::Function;
use crate::owner::{Command, Owner};

/// A running gateway: one WebSocket API at one stage, and the environments of its function.
///
/// It has a thread and a runtime of its own, so it can be used from any, and many can run side by side.
/// Dropping it ends it without waiting; [`shutdown`](Self::shutdown) lets it finish.
///
/// # Examples
///
/// ```no_run
/// use lift_ws_local::core::Manifest;
/// use lift_ws_local::{Function, LocalGateway};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "$default", "twoWay": true }] }"#)?;
/// let function = Function::new("python3").arg("loop.py");
/// let gateway = LocalGateway::builder(manifest, function).environments(4).start().await?;
/// println!("{}", gateway.url()); // ws://127.0.0.1:38211/dev
/// gateway.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct LocalGateway {
    address: SocketAddr,
    stage: String,
    api: Box<Api>,
    owner: Owner,
    thread: Option<JoinHandle<Report>>,
    finished: Option<tokio::sync::oneshot::Receiver<()>>,
}

impl LocalGateway {
    /// Begins a gateway that serves the manifest's routes with the function.
    pub fn builder(manifest: Manifest, function: Function) -> LocalGatewayBuilder {
        LocalGatewayBuilder::new(manifest, function)
    }

    /// Where WebSocket clients connect: `ws://127.0.0.1:PORT/STAGE`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}/{}", self.address, self.stage)
    }

    /// Where the page and `/STAGE/@connections` are: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Gives new events to a new build of the function and, if there is one, routes them by a new manifest.
    ///
    /// Sockets stay open, and events that are under way are finished by the environments that have them.
    /// Tables are not made anew.
    ///
    /// # Errors
    ///
    /// If the manifest's route selection expression cannot be understood; nothing has changed then.
    ///
    /// # Cancel safety
    ///
    /// The replacement happens even if the future is dropped.
    pub async fn replace(
        &self,
        function: Function,
        manifest: Option<&Manifest>,
    ) -> Result<(), ManifestError> {
        let api = match manifest {
            None => None,
            Some(manifest) => {
                let mut api = self.api.clone();
                api.route_selection = manifest.route_selection()?;
                api.routes = Api::from_manifest(manifest)?.routes;
                Some(api)
            }
        };
        self.owner.ask(|reply| Command::Replace { function, api, reply }).await;
        Ok(())
    }

    /// Closes every connection, lets `$disconnect` run, ends the environments, and says what has happened.
    ///
    /// # Cancel safety
    ///
    /// The gateway ends even if the future is dropped.
    pub async fn shutdown(mut self) -> Report {
        self.owner.tell(Command::Shutdown);
        if let Some(finished) = self.finished.take() {
            let _ = finished.await;
        }
        // The thread has nothing left to do.
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for LocalGateway {
    fn drop(&mut self) {
        self.owner.tell(Command::Shutdown);
    }
}

impl fmt::Debug for LocalGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalGateway").field("url", &self.url()).finish_non_exhaustive()
    }
}
