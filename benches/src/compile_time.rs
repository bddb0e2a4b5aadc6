//! What the macros cost the compiler: generated crates outside the workspace, checked and built with warm dependencies.

use crate::keys;
use crate::report::{Gate, Report};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const SECTION: &str = "compile time";

/// Checks 100, 300 and 1,000 routes; checks and builds 100 under five middlewares beside 100 under none.
///
/// # Errors
///
/// When a generated crate does not compile.
pub(crate) fn measure(root: &Path, report: &mut Report) -> Result<(), String> {
    for routes in [100, 300, 1000] {
        let seconds = Generated::write(root, routes, 0)?.fastest(&["check"], 3)?;
        report.figure(SECTION, format!("cargo check, {routes} routes"), "s", seconds, Gate::None);
    }
    let (none, five) = (Generated::write(root, 100, 0)?, Generated::write(root, 100, 5)?);
    for (name, arguments) in [("check", &["check"][..]), ("build --release", &["build", "--release"])] {
        let (mut without, mut with) = (f64::MAX, f64::MAX);
        // In turn: the first of each also builds the dependencies, and is never the fastest.
        for _ in 0..4 {
            without = without.min(none.fastest(arguments, 1)?);
            with = with.min(five.fastest(arguments, 1)?);
        }
        let name = format!("cargo {name}, 100 routes under 5 middlewares (peer: none)");
        report.ratio(SECTION, name, "s", with, without, Gate::AtMost(1.3));
    }
    Ok(())
}

/// A crate of its own, with our profile, in the target folder.
struct Generated {
    folder: PathBuf,
    target: PathBuf,
}

impl Generated {
    fn write(root: &Path, routes: usize, middlewares: usize) -> Result<Self, String> {
        let target = crate::target(root).join("compile-time");
        let folder = target.join(format!("{routes}x{middlewares}"));
        let generated = Self { folder, target };
        let write = |name: &str, text: String| {
            let path = generated.folder.join(name);
            std::fs::create_dir_all(path.parent().ok_or("no folder")?)
                .and_then(|()| std::fs::write(&path, text))
                .map_err(|error| format!("{}: {error}", path.display()))
        };
        write("Cargo.toml", manifest(root, routes, middlewares))?;
        write("src/main.rs", program(routes, middlewares))?;
        let lock = root.join("Cargo.lock");
        std::fs::copy(&lock, generated.folder.join("Cargo.lock"))
            .map_err(|error| format!("{}: {error}", lock.display()))?;
        Ok(generated)
    }

    /// The fastest of some runs after each of which the crate, and no dependency, is stale again. Without incremental
    /// compilation, so that the whole is measured.
    fn fastest(&self, arguments: &[&str], runs: usize) -> Result<f64, String> {
        let mut fastest = f64::MAX;
        for _ in 0..=runs {
            let main = self.folder.join("src/main.rs");
            let text = std::fs::read(&main).map_err(|error| error.to_string())?;
            std::fs::write(&main, text).map_err(|error| error.to_string())?;
            let start = Instant::now();
            let output = Command::new(env!("CARGO"))
                .current_dir(&self.folder)
                .args(arguments)
                .args(["--quiet", "--offline", "--target-dir"])
                .arg(&self.target)
                .env("CARGO_INCREMENTAL", "0")
                .output()
                .map_err(|error| error.to_string())?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        Ok(fastest)
    }
}

fn manifest(root: &Path, routes: usize, middlewares: usize) -> String {
    format!(
        r#"[package]
name = "routes-{routes}x{middlewares}"
edition = "2024"

[dependencies]
lift-ws = {{ path = {path:?}, default-features = false, features = ["lambda"] }}
serde = {{ version = "1", features = ["derive"] }}

[profile.release]
lto = "thin"
codegen-units = 1

[workspace]
"#,
        path = root.join("lift-ws")
    )
}

/// Routes as people have them: a typed body, a typed reply, every fourth without one.
fn program(routes: usize, middlewares: usize) -> String {
    let keys = keys::routes(routes);
    let mut text = String::from(
        "use lift_ws::prelude::*;\n\
         #[derive(Deserialize)] struct In<'m> { #[serde(borrow)] text: Text<'m>, count: Option<u32> }\n\
         #[derive(Serialize)] struct Out<'m> { text: Text<'m>, count: u32 }\n",
    );
    for (i, key) in keys.iter().enumerate() {
        let _ = match i % 4 {
            0 => writeln!(text, "#[ws_route({key:?})] async fn h{i}(body: RawBody<'_>) {{ let _ = body; }}"),
            _ => writeln!(
                text,
                "#[ws_route({key:?})] async fn h{i}(Json(m): Json<In<'_>>) -> Json<Out<'_>> {{ \
                 Json(Out {{ text: m.text, count: m.count.unwrap_or({i}) }}) }}"
            ),
        };
    }
    for i in 0..middlewares {
        let _ =
            writeln!(text, "#[ws_middleware] async fn m{i}(next: impl Next) -> Reply {{ next.run().await }}");
    }
    let list =
        |prefix: &str, count| (0..count).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        text,
        "#[ws_app(max_routes = {routes}, middleware = [{}], routes = [{}])] struct App;\n\
         fn main() -> Result<(), Error> {{ lift_ws::main::<App, _>(async || Ok::<_, Error>(())) }}",
        list("m", middlewares),
        list("h", routes)
    );
    text
}
