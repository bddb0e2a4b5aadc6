//! `cargo lift-ws dev`: an app, or any program that speaks the Runtime API, on a local gateway.

mod app;
mod arguments;
mod authority;
mod binary_copy;
mod board;
mod build;
mod describe;
mod error;
mod leftovers;
mod lock;
mod pages;
mod program;
mod project;
mod rebuild;
mod signals;
mod sources;
mod timeouts;
mod watch;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lift_ws_local::core::Manifest;
use lift_ws_local::project::Project;
use lift_ws_local::{Authority, Function, LocalGateway, ServedApi};
use tokio::sync::oneshot;

use crate::terminal::{self, Printer};
use app::App;
pub(crate) use arguments::DevArguments;
use arguments::Target;
use binary_copy::BinaryCopy;
pub(crate) use error::DevError;
use pages::Pages;
use rebuild::{BuiltFunction, Part};
use signals::Signals;

/// Where the gateway listens, unless something else is said.
const FIRST_PORT: u16 = 3000;

/// What the gateway runs.
struct Served {
    name: String,
    project: Project,
}

/// Runs until Ctrl-C or SIGTERM.
pub(crate) fn run(arguments: DevArguments) -> Result<(), DevError> {
    let target = arguments.target(project::found);
    // Before signals are listened to: who hears of them here cannot stop what is read in one go.
    let project = match &target {
        Target::Project { file, .. } => project::read(file)?,
        Target::App(_) | Target::Program { .. } => Project::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(DevError::Runtime)?.block_on(async {
        // From the first moment on, so that an impatient Ctrl-C leaves nothing behind either.
        let mut signals = Signals::listen().map_err(DevError::Runtime)?;
        let printer = Printer::start();
        // While cargo is at work there is time for it.
        let authority = tokio::task::spawn_blocking(authority::of_user);
        let mut built = Vec::new();
        let served = tokio::select! {
            served = prepare(&target, project, &mut built) => served?,
            () = signals.stop() => return Ok(()),
        };
        crate::descriptors::raise_limit();
        let authority = authority.await.ok().flatten();
        let gateway = start(&arguments, &served, authority, &printer).await?;
        let pages = Pages::watch(&served.pages())?;
        let serve = async {
            announce(&arguments, &served, &gateway).await?;
            rebuild::keep_current(built, pages, arguments.no_timeouts, &gateway).await;
            Ok(())
        };
        tokio::select! {
            served = serve => served?,
            () = signals.stop() => {}
        }
        terminal::status("Stopping", "closing connections and ending environments; Ctrl-C ends it at once");
        gateway.shutdown().await;
        Ok(())
    })
}

impl Served {
    /// The folders of the pages.
    fn pages(&self) -> Vec<PathBuf> {
        self.project.apis.iter().filter_map(|api| api.web.clone()).collect()
    }
}

/// Builds what cargo builds, and adds it to `built`. The project is that of the target's file, if it has one.
async fn prepare(
    target: &Target,
    project: Project,
    built: &mut Vec<BuiltFunction>,
) -> Result<Served, DevError> {
    match target {
        Target::Project { file, release } => project::prepare(file, project, *release, built).await,
        Target::Program { command, routes } => program::prepare(command, routes),
        Target::App(selection) => {
            let mut function = BuiltFunction::watch(App::find(selection)?, Part::Whole)?;
            let app = &mut function.app;
            let build::Built { executable, lock } = build::build(app).await?;
            let (copy, program, manifest) = set_up(app, &executable).await?;
            let mut project = Project::single(manifest, program);
            project.apis[0].web = app.web();
            let name = app.name().to_owned();
            app.run(copy);
            function.follow(lock);
            built.push(function);
            Ok(Served { name, project })
        }
    }
}

async fn set_up(app: &mut App, executable: &Path) -> Result<(BinaryCopy, Function, Manifest), DevError> {
    let copy = app.set_aside(executable)?;
    let manifest = describe::describe(copy.path(), app.name()).await?;
    let function = Function::new(copy.path()).named(app.name()).current_dir(app.package_dir());
    Ok((copy, program::with_concurrency(function), manifest))
}

/// What a project's file says of a function, with what cargo has built.
fn of_build(function: &Function, app: &App, copy: &BinaryCopy) -> Function {
    let function = function.clone().with_program(copy.path()).current_dir_or(app.package_dir());
    program::with_concurrency(function)
}

async fn start(
    arguments: &DevArguments,
    served: &Served,
    authority: Option<Authority>,
    printer: &Printer,
) -> Result<LocalGateway, DevError> {
    let mut project = with_ports(served.project.clone());
    if arguments.no_timeouts {
        timeouts::lift_of(&mut project);
    }
    let mut builder = LocalGateway::project(project)
        .environments(arguments.environments.into())
        .function_timeout(Duration::from_secs(arguments.function_timeout.into()))
        .control(!arguments.no_control)
        .name_on_aws(arguments.name_on_aws)
        .dev_page(!arguments.no_overlay)
        .on_event(printer.sink());
    if let Some(port) = arguments.port() {
        builder = builder.port(port);
    }
    if let Some(stage) = &arguments.stage {
        builder = builder.stage(stage);
    }
    if let Some(domain) = &arguments.domain {
        builder = builder.domain(domain);
    }
    if let Some((plan, by_chance)) = arguments.fault_plan() {
        if by_chance {
            let seed = plan.seed();
            terminal::status(
                "Faults",
                &format!("seed {seed}; the same ones again with `--fault-seed {seed}`"),
            );
        }
        builder = builder.faults(plan);
    }
    if let Some(host) = arguments.host {
        builder = builder.host(host);
    }
    if let Some(authority) = authority {
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

/// APIs without a port have the one after the previous API's.
fn with_ports(mut project: Project) -> Project {
    let mut next = FIRST_PORT;
    for api in &mut project.apis {
        let port = *api.port.get_or_insert(next);
        // After the last port there is none; a free one will do.
        next = if port == 0 { 0 } else { port.checked_add(1).unwrap_or(0) };
    }
    project
}

/// The first lines are for programs: they come when clients can connect, and each stands alone on its line.
async fn announce(arguments: &DevArguments, served: &Served, gateway: &LocalGateway) -> Result<(), DevError> {
    let urls = gateway.apis().iter().flat_map(ServedApi::urls);
    let mut lines: Vec<String> = urls.map(|url| format!("ready {url}")).collect();
    for (served, api) in gateway.apis().iter().zip(&served.project.apis) {
        if api.web.is_some() {
            lines.push(format!("page {}/", served.http_url()));
        }
    }
    if !arguments.no_control {
        lines.push(format!("inspector {}/_lift", gateway.http_url()));
    }
    print(lines).await.map_err(DevError::Output)?;
    terminal::status("Serving", &format!("{}: {}; Ctrl-C ends it", served.name, summary(arguments, served)));
    if served.project.apis.iter().any(|api| api.manifest.queue.is_some()) {
        terminal::status("Queue", gateway.queue_url());
    }
    Ok(())
}

/// On a thread that nobody has to wait for: stdout may be a paused terminal.
async fn print(lines: Vec<String>) -> io::Result<()> {
    let (written, result) = oneshot::channel();
    std::thread::spawn(move || written.send(terminal::print(&lines)));
    result.await.unwrap_or(Ok(()))
}

fn summary(arguments: &DevArguments, served: &Served) -> String {
    let count =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let Project { functions, apis, .. } = &served.project;
    let routes = count(apis.iter().map(|api| api.manifest.routes.len()).sum(), "route", "routes");
    let environments = count(arguments.environments.into(), "environment", "environments");
    if functions.len() == 1 && apis.len() == 1 {
        return format!("{routes}, up to {environments}");
    }
    let functions = count(functions.len(), "function", "functions");
    let stages = count(apis.iter().map(|api| api.stages.len()).sum(), "stage", "stages");
    format!("{}, {stages}, {routes}, {functions} of up to {environments}", count(apis.len(), "API", "APIs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_last_port_comes_a_free_one() {
        let toml = "functions.f.command = ['f']\n[apis]\na = { port = 65535, routes.x = 'f' }\nb.routes.x = 'f'\nc.routes.x = 'f'";
        let project = with_ports(Project::from_toml(toml, ".").unwrap());
        let ports: Vec<_> = project.apis.iter().map(|api| api.port).collect();
        assert_eq!(ports, [Some(65535), Some(0), Some(0)]);
    }
}
