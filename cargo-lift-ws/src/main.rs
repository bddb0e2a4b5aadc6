//! `cargo lift-ws`: the command line.

mod cli;
mod descriptors;
mod dev;
mod load;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cargo, Subcommand};

fn main() -> ExitCode {
    let Cargo::LiftWs(arguments) = Cargo::parse();
    let result = match arguments.subcommand {
        Subcommand::Dev(arguments) => dev::run(*arguments).map_err(|error| error.to_string()),
        Subcommand::Load(arguments) => load::run(&arguments).map_err(|error| error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            ExitCode::FAILURE
        }
    }
}
