//! The arguments of `dev`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use lift_ws_local::core::{FaultKind, FaultPlan, FaultRule};

const EXAMPLES: &str = "\
Examples:
  cargo lift-ws dev                                          the app of this folder
  cargo lift-ws dev --package chat --port 0                  another, on a free port
  cargo lift-ws dev --data .data                             items outlive a restart
  cargo lift-ws dev --no-timeouts --environments 1           for a debugger
  cargo lift-ws dev --routes routes.json -- python3 loop.py  a program in any language
  cargo lift-ws dev --config lift-ws.toml                    several functions, APIs and stages
  cargo lift-ws dev --template template.yaml                 the WebSocket APIs of a SAM template";

/// The arguments of `dev`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DevArguments {
    /// Package of the app; by default the one of this folder, else the workspace's default app
    #[arg(long, short, value_name = "PACKAGE", conflicts_with = "program", help_heading = "App")]
    package: Option<String>,

    /// Binary of the package to run
    #[arg(long, value_name = "NAME", conflicts_with_all = ["example", "program"], help_heading = "App")]
    bin: Option<String>,

    /// Example of the package to run
    #[arg(long, value_name = "NAME", conflicts_with = "program", help_heading = "App")]
    example: Option<String>,

    /// Build with optimizations
    #[arg(long, short, conflicts_with = "program", help_heading = "App")]
    release: bool,

    /// Path of the Cargo.toml to start from
    #[arg(long, value_name = "PATH", conflicts_with = "program", help_heading = "App")]
    manifest_path: Option<PathBuf>,

    /// Port to listen on, 3000 by default; 0 finds a free one. Further APIs of a project have the ports that follow
    #[arg(long, value_name = "PORT", help_heading = "Gateway")]
    port: Option<u16>,

    /// Address to listen on; by default only this machine can connect
    #[arg(long, value_name = "ADDRESS", help_heading = "Gateway")]
    pub(crate) host: Option<IpAddr>,

    /// Stage: the path of the WebSocket URL, `dev` by default; of a project, in place of its own
    #[arg(long, value_name = "STAGE", value_parser = stage, help_heading = "Gateway")]
    pub(crate) stage: Option<String>,

    /// How many environments may run at a time
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Gateway")]
    pub(crate) environments: u16,

    /// How long the function may work on one event, as its timeout on Lambda
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=900), help_heading = "Gateway")]
    pub(crate) function_timeout: u16,

    /// Project of several functions, APIs and stages in a TOML file; by default lift-ws.toml in this folder, if it is there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["program", "package", "bin", "example", "manifest_path"], help_heading = "Project")]
    config: Option<PathBuf>,

    /// Project in a SAM or CloudFormation template
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "program", "package", "bin", "example", "manifest_path"], help_heading = "Project")]
    template: Option<PathBuf>,

    /// Value of a parameter of the template, in place of its default
    #[arg(long = "parameter", value_name = "NAME=VALUE", requires = "template", conflicts_with_all = ["config", "program", "package", "bin", "example", "manifest_path"], value_parser = parameter, help_heading = "Project")]
    parameters: Vec<(String, String)>,

    /// Custom domain of the project that all handshakes are taken to be for, for clients that cannot be made to name it
    #[arg(long, value_name = "NAME", help_heading = "Project")]
    pub(crate) domain: Option<String>,

    /// Routes of PROGRAM, its authorizer and tables if it has some, and `"queue": true` if it uses one: a file in the
    /// manifest's format
    #[arg(long, value_name = "FILE", requires = "program", help_heading = "Any other program")]
    routes: Option<PathBuf>,

    /// Let nothing end because time passes while a debugger has stopped the function: no timeouts of integration,
    /// function and start, and no idle limit
    #[arg(long, conflicts_with = "function_timeout", help_heading = "Gateway")]
    pub(crate) no_timeouts: bool,

    /// Leave the page as it is: no script that shows build errors on it and loads it anew
    #[arg(long, help_heading = "Gateway")]
    pub(crate) no_overlay: bool,

    /// Let functions reach the API also by the name that it has on AWS, for those that build
    /// https://{apiId}.execute-api.{region}.amazonaws.com/{stage} themselves: sets HTTPS_PROXY for them, which leads there alone
    #[arg(long, help_heading = "Gateway")]
    pub(crate) name_on_aws: bool,

    /// Folder in which the local DynamoDB keeps its items; by default they are gone when this ends
    #[arg(long, value_name = "DIR", help_heading = "Gateway")]
    pub(crate) data: Option<PathBuf>,

    /// Serve nothing under `/_lift`: no inspector, and no endpoint through which programs on this machine drive the gateway
    #[arg(long, help_heading = "Gateway")]
    pub(crate) no_control: bool,

    /// Something that is to go wrong, as often as is said; may be given several times
    #[arg(long = "fault", value_name = "FAULT", long_help = fault_help(), help_heading = "Faults on demand")]
    pub(crate) faults: Vec<FaultRule>,

    /// Seed of what is left to chance: the same seed and order of events give the same faults; by default a new one, which
    /// is printed
    #[arg(long, value_name = "NUMBER", requires = "faults", help_heading = "Faults on demand")]
    fault_seed: Option<u64>,

    /// Run this program, which speaks the Lambda Runtime API, in place of an app
    #[arg(last = true, value_name = "PROGRAM", requires = "routes")]
    program: Vec<OsString>,
}

/// What is to be run.
#[derive(Debug)]
pub(super) enum Target {
    /// A package of this workspace.
    App(Selection),
    /// Whatever a file describes.
    Project { file: ProjectFile, release: bool },
    /// A program and its arguments.
    Program { command: Vec<OsString>, routes: PathBuf },
}

/// A file that describes a project.
#[derive(Clone, Debug)]
pub(super) enum ProjectFile {
    Toml(PathBuf),
    /// A SAM or CloudFormation template, and values of its parameters.
    Template {
        file: PathBuf,
        parameters: BTreeMap<String, String>,
    },
}

impl ProjectFile {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Toml(path) | Self::Template { file: path, .. } => path,
        }
    }
}

/// Which app, and how it is built.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) package: Option<String>,
    pub(super) bin: Option<String>,
    pub(super) example: Option<String>,
    pub(super) release: bool,
    pub(super) manifest_path: Option<PathBuf>,
}

impl DevArguments {
    /// What is to go wrong from the start on, and whether its seed was chosen by chance.
    pub(super) fn fault_plan(&self) -> Option<(FaultPlan, bool)> {
        if self.faults.is_empty() {
            return None;
        }
        // Short enough to be typed again.
        let by_chance = || RandomState::new().hash_one(()) & u64::from(u32::MAX);
        let seed = self.fault_seed.unwrap_or_else(by_chance);
        let plan = self.faults.iter().fold(FaultPlan::new(seed), |plan, rule| plan.with(rule.clone()));
        Some((plan, self.fault_seed.is_none()))
    }

    /// The port that is asked for, also for several APIs.
    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// What is to be run; `found` is the file in this folder that describes a project.
    pub(super) fn target(&self, found: impl FnOnce() -> Option<ProjectFile>) -> Target {
        let names_no_app = self.package.is_none()
            && self.bin.is_none()
            && self.example.is_none()
            && self.manifest_path.is_none()
            && self.program.is_empty();
        let file = match (&self.config, &self.template) {
            (Some(file), _) => Some(ProjectFile::Toml(file.clone())),
            (None, Some(file)) => {
                let parameters = self.parameters.iter().cloned().collect();
                Some(ProjectFile::Template { file: file.clone(), parameters })
            }
            (None, None) if names_no_app => found(),
            (None, None) => None,
        };
        if let Some(file) = file {
            return Target::Project { file, release: self.release };
        }
        match (&self.routes, &self.program[..]) {
            (Some(routes), [_, ..]) => {
                Target::Program { command: self.program.clone(), routes: routes.clone() }
            }
            _ => Target::App(Selection {
                package: self.package.clone(),
                bin: self.bin.clone(),
                example: self.example.clone(),
                release: self.release,
                manifest_path: self.manifest_path.clone(),
            }),
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as Tier=gold")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn fault_help() -> String {
    format!(
        "Something that is to go wrong, as often as is said; may be given several times: KIND[:TIME][:HOW-OFTEN][:xCOUNT]\n\n\
         TIME is 200ms, 5s, 10m or 2h; HOW-OFTEN a probability (0.1 or 10%) or every so many (every-3), always if it is left \
         out; COUNT how often at most. A number without a unit is no TIME: slow:1 is refused. For instance slow:200ms:0.5, drop-disconnect:every-10 or kill:10%:x3.\n\n\
         Kinds, with the time that they take if none is said:\n{}",
        FaultKind::listing()
    )
}

/// API Gateway's rule for stage names.
fn stage(name: &str) -> Result<String, String> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.len() <= 128 && name.chars().all(is_legal) {
        Ok(name.to_owned())
    } else {
        Err("a stage name has 1 to 128 letters, digits, hyphens and underscores".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cargo, Subcommand};
    use clap::Parser;
    use clap::error::ErrorKind;

    fn parse(arguments: &[&str]) -> Result<DevArguments, ErrorKind> {
        let all = ["cargo", "lift-ws", "dev"].iter().chain(arguments);
        let Cargo::LiftWs(parsed) = Cargo::try_parse_from(all).map_err(|error| error.kind())?;
        let Subcommand::Dev(dev) = parsed.subcommand else { panic!("not dev") };
        Ok(*dev)
    }

    #[test]
    fn without_arguments_the_app_is_served_on_port_3000() {
        let dev = parse(&[]).unwrap();
        assert_eq!((dev.port(), dev.stage.as_deref(), dev.environments), (None, None, 4));
        assert_eq!(dev.function_timeout, 30);
        assert!(matches!(dev.target(|| None), Target::App(Selection { package: None, release: false, .. })));
    }

    #[test]
    fn a_program_keeps_its_own_options() {
        let dev = parse(&["--routes", "r.json", "--", "python3", "-u", "loop.py", "--port"]).unwrap();
        let Target::Program { command, .. } = dev.target(|| None) else { panic!("an app") };
        assert_eq!(command, ["python3", "-u", "loop.py", "--port"]);
    }

    #[test]
    fn a_program_and_its_routes_need_each_other() {
        assert_eq!(parse(&["--", "python3"]).unwrap_err(), ErrorKind::MissingRequiredArgument);
        assert_eq!(parse(&["--routes", "r.json"]).unwrap_err(), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn a_projects_file_is_found_unless_something_else_is_named() {
        let found = || Some(ProjectFile::Toml("lift-ws.toml".into()));
        let target = |arguments: &[&str]| parse(arguments).unwrap().target(found);
        assert!(matches!(target(&[]), Target::Project { release: false, .. }));
        assert!(matches!(target(&["--release"]), Target::Project { release: true, .. }));
        assert!(matches!(target(&["--package", "chat"]), Target::App(_)));
        assert!(matches!(target(&["--routes", "r.json", "--", "python3"]), Target::Program { .. }));
        let Target::Project { file, .. } = target(&["--config", "other.toml"]) else { panic!("no project") };
        assert_eq!(file.path(), Path::new("other.toml"));
        let template = ["--template", "t.yaml", "--parameter", "A=b=c"];
        let Target::Project { file: ProjectFile::Template { file, parameters }, .. } = target(&template)
        else {
            panic!("no template")
        };
        assert_eq!((file.as_path(), parameters["A"].as_str()), (Path::new("t.yaml"), "b=c"));
        assert_eq!(parse(&["--parameter", "A=b"]).unwrap_err(), ErrorKind::MissingRequiredArgument);
        for elsewhere in [&["--config", "a.toml"][..], &["--package", "a"], &["--bin", "a"]] {
            let arguments = [&["--parameter", "A=b"], elsewhere].concat();
            assert!(parse(&arguments).is_err(), "{arguments:?}");
        }
        let with_a_program = ["--parameter", "A=b", "--routes", "r.json", "--", "python3"];
        assert_eq!(parse(&with_a_program).unwrap_err(), ErrorKind::ArgumentConflict);
        assert_eq!(
            parse(&["--template", "t.yaml", "--parameter", "A"]).unwrap_err(),
            ErrorKind::ValueValidation
        );
        assert_eq!(parse(&["--config", "a.toml", "--bin", "b"]).unwrap_err(), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(parse(&["--environments", "0"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&["--function-timeout", "901"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&["--port", "70000"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&["--stage", "a/b"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&["--bin", "a", "--example", "b"]).unwrap_err(), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn faults_make_a_plan_in_their_order_with_the_seed_that_is_named() {
        assert!(parse(&[]).unwrap().fault_plan().is_none());
        let dev = parse(&["--fault", "slow:200ms:0.5", "--fault", "kill:x1", "--fault-seed", "7"]).unwrap();
        let (plan, by_chance) = dev.fault_plan().unwrap();
        let rules: Vec<String> = plan.rules().iter().map(ToString::to_string).collect();
        assert_eq!(
            (rules.join(" "), plan.seed(), by_chance),
            ("slow:200ms:0.5 kill:x1".to_owned(), 7, false)
        );
        let (plan, by_chance) = parse(&["--fault", "kill"]).unwrap().fault_plan().unwrap();
        assert!(by_chance && plan.seed() <= u64::from(u32::MAX));
    }

    #[test]
    fn a_fault_that_is_none_is_refused() {
        assert_eq!(parse(&["--fault", "kil"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&["--fault", "slow:1"]).unwrap_err(), ErrorKind::ValueValidation);
        assert_eq!(parse(&["--fault-seed", "7"]).unwrap_err(), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn the_long_help_lists_every_kind_of_fault() {
        let help = fault_help();
        assert!(
            FaultKind::all().iter().all(|kind| help.contains(kind.name()) && help.contains(kind.about()))
        );
    }
}
