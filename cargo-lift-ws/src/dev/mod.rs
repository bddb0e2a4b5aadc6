//! `cargo lift-ws dev`: an app, or any program that speaks the Runtime API, on a local gateway.

mod app;
mod arguments;
mod authority;
mod binary_copy;
mod build;
mod describe;
mod error;
mod program;
mod signals;
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
use signals::Signals;
use watch::Watcher;

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
        let served = tokio::select! {
            served = prepare(&target, app.as_mut()) => served?,
            () = signals.stop() => return Ok(()),
        };
        let printer = Printer::start();
        let gateway = start(&arguments, &served, &printer).await?;
        announce(&arguments, &served, &gateway)?;
        tokio::select! {
            result = keep_current(app, &gateway) => result?,
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
    let mut builder = LocalGateway::builder(served.manifest.clone(), served.function.clone())
        .port(arguments.port)
        .stage(&arguments.stage)
        .environments(arguments.environments.into())
        .function_timeout(Duration::from_secs(arguments.function_timeout.into()))
        .control(!arguments.no_control)
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
    if !arguments.no_control {
        lines.push(format!("inspector {}/_lift", gateway.http_url()));
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

/// Builds anew whenever sources change; a build that fails leaves the last one running.
async fn keep_current(app: Option<App>, gateway: &LocalGateway) -> Result<(), DevError> {
    let Some(mut app) = app else { return std::future::pending().await };
    let mut watcher = Watcher::start(&app)?;
    loop {
        watcher.changed().await;
        terminal::status("Rebuilding", "sources have changed");
        match replace(&mut app, gateway).await {
            Ok(true) => terminal::status("Serving", "the new build takes new events"),
            Ok(false) => terminal::status("Unchanged", "the build is the same as before"),
            Err(error) => terminal::error(&format!("{error}\nthe last build keeps running")),
        }
    }
}

async fn replace(app: &mut App, gateway: &LocalGateway) -> Result<bool, DevError> {
    let executable = build::build(app).await?;
    if app.is_running(&executable) {
        return Ok(false);
    }
    let (copy, function, manifest) = set_up(app, &executable).await?;
    gateway.replace(function, Some(&manifest)).await.map_err(DevError::Replace)?;
    app.run(copy);
    Ok(true)
}
