//! `cargo lift-ws dev`: an app, or any program that speaks the Runtime API, on a local gateway.

mod app;
mod arguments;
mod authority;
mod binary_copy;
mod build;
mod describe;
mod error;
mod leftovers;
mod program;
mod rebuild;
mod signals;
mod sources;
mod timeouts;
mod watch;

use std::path::{Path, PathBuf};
use std::time::Duration;

use lift_ws_local::core::Manifest;
use lift_ws_local::{Function, LocalGateway};

use crate::terminal::{self, Printer};
use app::App;
pub(crate) use arguments::DevArguments;
use arguments::Target;
use binary_copy::BinaryCopy;
pub(crate) use error::DevError;
use rebuild::Rebuilding;
use signals::Signals;

/// What the gateway runs.
struct Served {
    name: String,
    function: Function,
    manifest: Manifest,
    web: Option<PathBuf>,
}

/// Runs until Ctrl-C or SIGTERM.
pub(crate) fn run(arguments: DevArguments) -> Result<(), DevError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(DevError::Runtime)?.block_on(async {
        // From the first moment on, so that an impatient Ctrl-C leaves nothing behind either.
        let mut signals = Signals::listen().map_err(DevError::Runtime)?;
        let target = arguments.target();
        let mut app = match &target {
            Target::App(selection) => Some(App::find(selection)?),
            Target::Program { .. } => None,
        };
        let mut rebuilding =
            app.as_ref().map(|app| Rebuilding::watch(app, arguments.no_timeouts)).transpose()?;
        let served = tokio::select! {
            served = prepare(&target, app.as_mut()) => served?,
            () = signals.stop() => return Ok(()),
        };
        if let (Some(app), Some(rebuilding)) = (&app, &mut rebuilding) {
            rebuilding.follow(app);
        }
        let printer = Printer::start();
        let gateway = start(&arguments, &served, &printer).await?;
        announce(&arguments, &served, &gateway)?;
        tokio::select! {
            () = rebuild::keep_current(app.zip(rebuilding.take()), &gateway) => {}
            () = signals.stop() => {}
        }
        terminal::status("Stopping", "closing connections and ending environments");
        gateway.shutdown().await;
        Ok(())
    })
}

async fn prepare(target: &Target, app: Option<&mut App>) -> Result<Served, DevError> {
    match (target, app) {
        (Target::Program { command, routes }, _) => program::prepare(command, routes),
        (Target::App(_), Some(app)) => {
            let executable = build::build(app).await?;
            let (copy, function, manifest) = set_up(app, &executable).await?;
            app.run(copy);
            Ok(Served { name: app.name().to_owned(), function, manifest, web: app.web() })
        }
        (Target::App(_), None) => Err(DevError::NoApp),
    }
}

async fn set_up(app: &mut App, executable: &Path) -> Result<(BinaryCopy, Function, Manifest), DevError> {
    let copy = app.set_aside(executable)?;
    let manifest = describe::describe(copy.path(), app.name()).await?;
    let function = Function::new(copy.path()).named(app.name()).current_dir(app.package_dir());
    Ok((copy, program::with_concurrency(function), manifest))
}

async fn start(
    arguments: &DevArguments,
    served: &Served,
    printer: &Printer,
) -> Result<LocalGateway, DevError> {
    let function = timeouts::apply(arguments.no_timeouts, served.function.clone());
    let mut builder = LocalGateway::builder(served.manifest.clone(), function)
        .port(arguments.port)
        .stage(&arguments.stage)
        .environments(arguments.environments.into())
        .function_timeout(Duration::from_secs(arguments.function_timeout.into()))
        .control(!arguments.no_control)
        .dev_page(!arguments.no_overlay)
        .on_event(printer.sink());
    if let Some(host) = arguments.host {
        builder = builder.host(host);
    }
    if let Some(web) = &served.web {
        builder = builder.web(web);
    }
    if let Some(authority) = authority::of_user() {
        builder = builder.authority(authority);
    }
    if arguments.no_timeouts {
        builder = timeouts::lift(builder);
    }
    if let Some(data) = &arguments.data {
        builder = builder.data(data);
    }
    builder.start().await.map_err(DevError::Gateway)
}

/// The first line is for programs: it comes when clients can connect, and stands alone on its line.
fn announce(arguments: &DevArguments, served: &Served, gateway: &LocalGateway) -> Result<(), DevError> {
    let mut lines = vec![format!("ready {}", gateway.url())];
    if served.web.is_some() {
        lines.push(format!("page {}/", gateway.http_url()));
    }
    terminal::print(&lines).map_err(DevError::Output)?;
    let routes = served.manifest.routes.len();
    let environments = arguments.environments;
    let text = format!(
        "{}: {routes} {}, up to {environments} {}; Ctrl-C ends it",
        served.name,
        if routes == 1 { "route" } else { "routes" },
        if environments == 1 { "environment" } else { "environments" },
    );
    terminal::status("Serving", &text);
    if served.manifest.queue.is_some() {
        terminal::status("Queue", gateway.queue_url());
    }
    Ok(())
}
