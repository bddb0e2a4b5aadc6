//! Whole projects: several functions, APIs, stages, custom domains, tables and queues, read from a file.
//!
//! [`Project::from_toml`] reads a short file of our own, [`Project::from_template`] a SAM or CloudFormation template.
//! Both come to the same [`Project`], which [`LocalGateway::project`](crate::LocalGateway::project) serves.

mod check;
mod error;
mod node;
pub(crate) mod placeholder;
mod template;
mod toml_file;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

pub use self::error::{Place, ProjectError};

use crate::Function;
use crate::core::{Manifest, ManifestQueue};

/// What one gateway process serves.
///
/// # Examples
///
/// ```
/// use lift_ws_local::project::Project;
///
/// let project = Project::from_toml(
///     r#"
///     [functions.chat]
///     command = ["python3", "chat.py"]
///     timeout = 10
///
///     [apis.main]
///     stages = ["dev", "prod"]
///
///     [apis.main.routes]
///     say = "chat"
///     history = { function = "chat", twoWay = true }
///     "#,
///     ".",
/// )?;
/// assert_eq!(project.functions[0].name, "chat");
/// assert_eq!(project.apis[0].stages[1].name, "prod");
/// # Ok::<(), lift_ws_local::project::ProjectError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Project {
    /// The functions, each name once.
    pub functions: Vec<ProjectFunction>,
    /// The APIs, each name once; there is at least one.
    pub apis: Vec<ProjectApi>,
    /// The custom domains.
    pub domains: Vec<ProjectDomain>,
    /// Tables that are made at the start, besides those of the APIs' manifests: requests of DynamoDB's `CreateTable`.
    pub tables: Vec<Value>,
    /// Queues that are made at the start, besides those of the APIs' manifests.
    pub queues: Vec<ProjectQueue>,
    /// What of the file is not done at home, and what to do about it.
    pub warnings: Vec<String>,
}

impl Project {
    /// One API at one stage, `dev`, served by one function.
    #[must_use]
    pub fn single(manifest: Manifest, function: Function) -> Self {
        let name = function.name();
        Self {
            functions: vec![ProjectFunction {
                name,
                function,
                package: None,
                requirement: None,
                environments: None,
                timeout: None,
            }],
            apis: vec![ProjectApi {
                name: "main".to_owned(),
                api_id: "local00000".to_owned(),
                port: None,
                stages: vec![ProjectStage::new("dev")],
                manifest,
                describes_itself: false,
                routes: BTreeMap::new(),
                function: None,
                authorizer: None,
                queue: None,
                web: None,
            }],
            ..Self::default()
        }
    }
}

/// A function of a [`Project`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectFunction {
    /// Its name in the project.
    pub name: String,
    /// How its environments are started. For one that is built from a package, everything but the program.
    pub function: Function,
    /// The package of this workspace that it is built from, if it is.
    pub package: Option<ProjectPackage>,
    /// What must be installed for it to run, if that can be found out before.
    pub requirement: Option<Requirement>,
    /// How many environments there may be at a time; as many as the gateway says, if absent.
    pub environments: Option<usize>,
    /// How long it may work on one event; as long as the gateway says, if absent.
    pub timeout: Option<Duration>,
}

/// A package that `cargo` builds, and what of it is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectPackage {
    /// The package's name; the one of `manifest_path`, if absent.
    pub name: Option<String>,
    /// Its binary; the only one, if absent.
    pub bin: Option<String>,
    /// The `Cargo.toml` to start from; that of the current folder, if absent.
    pub manifest_path: Option<PathBuf>,
}

/// A command that succeeds if what a function needs is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirement {
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it is run.
    pub dir: PathBuf,
    /// What to do if it fails.
    pub advice: String,
}

/// An API of a [`Project`]. Each has a port of its own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectApi {
    /// Its name in the project.
    pub name: String,
    /// `requestContext.apiId`; ten lower-case letters and digits on AWS.
    pub api_id: String,
    /// The port to listen on; if absent, the one after the previous API's.
    pub port: Option<u16>,
    /// The stages; there is at least one.
    pub stages: Vec<ProjectStage>,
    /// Routes, route selection expression, authorizer, and all settings of one API.
    pub manifest: Manifest,
    /// Whether the file says nothing about routes, so that those of an app that describes itself are served.
    pub describes_itself: bool,
    /// The function of each route key; those that are missing have [`function`](Self::function).
    pub routes: BTreeMap<String, String>,
    /// The function of all other routes, of the authorizer and of the queue.
    pub function: Option<String>,
    /// The authorizer's function, if it is another.
    pub authorizer: Option<String>,
    /// The function of the manifest's queue, if it is another.
    pub queue: Option<String>,
    /// A folder of static files to serve at `/`.
    pub web: Option<PathBuf>,
}

/// A stage of a [`ProjectApi`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectStage {
    /// The first segment of its path.
    pub name: String,
    /// Its stage variables, which win over those of the API's manifest.
    pub variables: BTreeMap<String, String>,
}

impl ProjectStage {
    /// A stage without variables.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), variables: BTreeMap::new() }
    }
}

/// A custom domain: which of its paths leads to which stage (contract §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectDomain {
    /// The name that clients have in their URL, as `chat.localhost`.
    pub name: String,
    /// Its mappings, each path once.
    pub mappings: Vec<ProjectMapping>,
}

/// An API mapping of a [`ProjectDomain`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectMapping {
    /// The first segment of the path; empty for the whole domain.
    pub path: String,
    /// The API.
    pub api: String,
    /// The stage of the API.
    pub stage: String,
}

/// A queue of a [`Project`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectQueue {
    /// Its name, as `GetQueueUrl` takes it.
    pub name: String,
    /// The queue that messages move to which have failed too often; none, if absent.
    pub dead_letters: Option<String>,
    /// How long messages are hidden, and how they become batches.
    pub settings: ManifestQueue,
    /// The function that gets the messages, if one does.
    pub function: Option<String>,
}

/// An id as API Gateway makes them, the same for the same name each time: ten lower-case letters and digits.
fn api_id(name: &str) -> String {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // FNV-1a: needs to be the same tomorrow, not to be unpredictable.
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut id = String::with_capacity(10);
    for _ in 0..10 {
        id.push(char::from(DIGITS[(hash % 36) as usize]));
        hash /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_id_looks_like_awss_and_is_the_same_each_time() {
        let id = api_id("ChatApi");
        assert_eq!(id.len(), 10);
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{id}");
        assert_eq!(id, api_id("ChatApi"));
        assert_ne!(id, api_id("NewsApi"));
    }
}
