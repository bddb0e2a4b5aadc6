//! Writes an app for each number of routes that is measured.

#[allow(unreachable_pub, reason = "shared with the library, where it is reachable")]
#[path = "src/keys.rs"]
mod keys;

use std::fmt::Write as _;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/keys.rs");
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut text = String::new();
    for size in keys::SIZES {
        app(&mut text, &keys::routes(size));
    }
    std::fs::write(folder.join("routes.rs"), text).expect("the output folder can be written");
}

fn app(text: &mut String, keys: &[String]) {
    let size = keys.len();
    let _ = writeln!(text, "/// An app of {size} routes.\npub mod r{size} {{\n    use lift_ws::prelude::*;");
    for (i, key) in keys.iter().enumerate() {
        let _ =
            writeln!(text, "    #[ws_route({key:?})] async fn h{i}(body: RawBody<'_>) {{ let _ = body; }}");
    }
    let handlers: Vec<_> = (0..size).map(|i| format!("h{i}")).collect();
    let _ = writeln!(
        text,
        "    /// The app.\n    #[derive(Debug)]\n    #[ws_app(max_routes = {size}, routes = [{}])]\n    pub struct App;\n}}",
        handlers.join(", ")
    );
}
