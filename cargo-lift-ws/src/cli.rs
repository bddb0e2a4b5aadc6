//! What can be written on the command line.

use clap::Parser;

use crate::dev::DevArguments;
use crate::load::LoadArguments;

/// Cargo calls a subcommand with its own name as the first argument.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", styles = clap_cargo_styles())]
pub(crate) enum Cargo {
    /// WebSocket back ends on AWS Lambda behind API Gateway
    #[command(name = "lift-ws", version)]
    LiftWs(Arguments),
}

#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Run an app on a local gateway, and again whenever its sources change
    Dev(Box<DevArguments>),
    /// Open many connections, send messages, and tell how long answers took
    Load(Box<LoadArguments>),
}

fn clap_cargo_styles() -> clap::builder::Styles {
    use clap::builder::styling::{AnsiColor, Styles};
    Styles::styled()
        .header(AnsiColor::BrightGreen.on_default().bold())
        .usage(AnsiColor::BrightGreen.on_default().bold())
        .literal(AnsiColor::BrightCyan.on_default().bold())
        .placeholder(AnsiColor::Cyan.on_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_defined() {
        Cargo::command().debug_assert();
    }
}
