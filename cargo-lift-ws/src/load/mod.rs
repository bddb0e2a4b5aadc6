//! `cargo lift-ws load`: many clients at once, and what they saw.

mod arguments;
mod client;
mod endpoint;
mod error;
mod picture;
mod report;
mod run;
mod script;
mod tally;

use std::fs;

pub(crate) use self::arguments::LoadArguments;
pub(crate) use self::error::LoadError;

use self::endpoint::Endpoint;
use self::script::Script;
use crate::terminal::{self, Printer};

/// Runs the load to its end, or until Ctrl-C, and reports.
pub(crate) fn run(arguments: &LoadArguments) -> Result<(), LoadError> {
    let script = script(arguments)?;
    crate::descriptors::raise_limit();
    // No client waits for a terminal that nobody reads.
    let printer = Printer::start();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(LoadError::Runtime)?;
    let report = runtime.block_on(async {
        let endpoint = Endpoint::find(arguments).await?;
        run::load(arguments, endpoint, script).await
    })?;
    // What was said meanwhile stands before the report.
    drop(printer);
    if let Some(file) = &arguments.picture {
        fs::write(file, picture::svg(&report))
            .map_err(|source| LoadError::Write { file: file.clone(), source })?;
    }
    if let Some(file) = &arguments.json {
        let json = serde_json::to_string_pretty(&report).unwrap_or_default() + "\n";
        if file.as_os_str() == "-" {
            return terminal::output(&json).map_err(LoadError::Output);
        }
        fs::write(file, json).map_err(|source| LoadError::Write { file: file.clone(), source })?;
    }
    terminal::output(&report.to_string()).map_err(LoadError::Output)
}

fn script(arguments: &LoadArguments) -> Result<Script, LoadError> {
    match (&arguments.script, &arguments.send) {
        (Some(file), _) => {
            let text =
                fs::read_to_string(file).map_err(|source| LoadError::Read { file: file.clone(), source })?;
            Script::parse(&text).map_err(|mistake| LoadError::Script { file: file.clone(), mistake })
        }
        (None, Some(message)) => Ok(Script::closed_loop(message)),
        (None, None) => Ok(Script::default()),
    }
}
