//! The environment variables of an environment (contract §7.2).

use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::Arc;

use tokio::process::Command;

use super::function::Function;
use crate::tls::Trust;

/// Where a function finds the gateway and its neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    /// `http://127.0.0.1:PORT/STAGE`.
    pub(crate) callback_url: String,
    /// `http://127.0.0.1:PORT` of the embedded DynamoDB, if there is one.
    pub(crate) database_url: Option<String>,
    /// `http://127.0.0.1:PORT` of the queues.
    pub(crate) sqs_url: String,
    /// The queue of jobs, if the program uses it.
    pub(crate) queue: Option<QueueEndpoint>,
    /// The first table of the manifest.
    pub(crate) table: Option<String>,
    pub(crate) region: String,
    /// Whom to trust so that the gateway can be called by `https:`.
    pub(crate) trust: Option<Arc<Trust>>,
    /// Whether it is reached by its name on AWS, by way of a proxy.
    pub(crate) has_proxy: bool,
}

/// Where a function finds its queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueEndpoint {
    pub(crate) url: String,
    /// `maxReceiveCount` of its redrive policy.
    pub(crate) max_receives: String,
}

/// Variables of the developer's shell that would change what a function does.
const NOT_INHERITED: [&str; 7] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "LIFT_WS_DESCRIBE",
    "LIFT_WS_QUEUE_MAX_RECEIVES",
    "LIFT_WS_QUEUE_URL",
];

/// Sets what Lambda sets, what points at the gateway, and last what the user wants.
pub(super) fn set(command: &mut Command, function: &Function, endpoints: &Endpoints, runtime_api: &str) {
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command.envs(of_lambda(function, endpoints, runtime_api));
    command.envs(of_gateway(endpoints));
    command.envs(endpoints.trust.iter().flat_map(|trust| trust.variables()));
    if endpoints.has_proxy {
        command.envs(of_proxy(&endpoints.callback_url, |name| std::env::var(name).ok()));
    }
    command.envs(of_logs(std::io::stderr().is_terminal(), |name| std::env::var_os(name).is_some()));
    command.envs(function.variables.iter().map(|(name, value)| (name, value)));
}

fn of_lambda(
    function: &Function,
    endpoints: &Endpoints,
    runtime_api: &str,
) -> impl Iterator<Item = (&'static str, OsString)> {
    let name = function.name();
    let task_root = function.current_dir.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let region: OsString = endpoints.region.clone().into();
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}").into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local".into()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024".into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        // boto3 reads only the second (contract §8.1).
        ("AWS_REGION", region.clone()),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        ("AWS_SESSION_TOKEN", "local".into()),
        ("LAMBDA_TASK_ROOT", task_root.into()),
        ("_HANDLER", "bootstrap".into()),
        ("TZ", ":UTC".into()),
    ]
    .into_iter()
}

fn of_gateway(endpoints: &Endpoints) -> impl Iterator<Item = (&'static str, &str)> {
    let always = [
        ("LIFT_WS_CALLBACK_URL", endpoints.callback_url.as_str()),
        ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", endpoints.callback_url.as_str()),
        ("AWS_ENDPOINT_URL_SQS", endpoints.sqs_url.as_str()),
    ];
    let database = endpoints.database_url.as_deref().map(|url| ("AWS_ENDPOINT_URL_DYNAMODB", url));
    let table = endpoints.table.as_deref().map(|table| ("LIFT_WS_TABLE", table));
    let queue = endpoints.queue.iter().flat_map(|queue| {
        [
            ("LIFT_WS_QUEUE_URL", queue.url.as_str()),
            ("LIFT_WS_QUEUE_MAX_RECEIVES", queue.max_receives.as_str()),
        ]
    });
    always.into_iter().chain(database).chain(table).chain(queue)
}

/// The gateway as a proxy, for the names of AWS alone: what is on this machine is reached as before. Clients differ in the case that
/// they read, and Node's own asks for a word of its own.
fn of_proxy(callback_url: &str, variable: impl Fn(&str) -> Option<String>) -> [(&'static str, String); 5] {
    let proxy = callback_url.rsplit_once('/').map_or(callback_url, |(proxy, _)| proxy).to_owned();
    let more = variable("NO_PROXY").or_else(|| variable("no_proxy")).unwrap_or_default();
    let without = ["127.0.0.1,localhost,::1", &more].join(",").trim_end_matches(',').to_owned();
    [
        ("HTTPS_PROXY", proxy.clone()),
        ("https_proxy", proxy),
        ("NO_PROXY", without.clone()),
        ("no_proxy", without),
        ("NODE_USE_ENV_PROXY", "1".to_owned()),
    ]
}

/// Lines for people, in colours only where there is a terminal, and what lift-ws refuses, unless the user has said otherwise.
fn of_logs(
    is_terminal: bool,
    is_set: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let format = ("LIFT_WS_LOG", "human");
    // At home people want to see why a message was refused, which lift-ws tells at debug.
    let is_chosen = ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"].into_iter().any(&is_set);
    let level = Some(("RUST_LOG", "info,lift_ws=debug")).filter(|_| !is_chosen);
    let colours = Some(("NO_COLOR", "1")).filter(|_| !is_terminal);
    [format].into_iter().chain(level).chain(colours).filter(move |(name, _)| !is_set(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    fn variables(function: &Function) -> Vec<(OsString, Option<OsString>)> {
        let mut command = Command::new("x");
        let endpoints = Endpoints {
            callback_url: "http://127.0.0.1:3000/dev".to_owned(),
            database_url: Some("http://127.0.0.1:4000".to_owned()),
            sqs_url: "http://127.0.0.1:4001".to_owned(),
            queue: None,
            table: None,
            region: "us-east-1".to_owned(),
            trust: None,
            has_proxy: false,
        };
        set(&mut command, function, &endpoints, "127.0.0.1:5000");
        let owned = |(name, value): (&OsStr, Option<&OsStr>)| (name.to_owned(), value.map(OsStr::to_owned));
        command.as_std().get_envs().map(owned).collect()
    }

    #[test]
    fn everything_is_set_without_which_lambda_runtime_panics() {
        let set = variables(&Function::new("x"));
        for name in [
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_RUNTIME_API",
        ] {
            assert!(set.iter().any(|(known, value)| known == name && value.is_some()), "{name}");
        }
    }

    #[test]
    fn the_users_variables_win_and_snapstart_is_never_inherited() {
        let set = variables(&Function::new("x").env("AWS_REGION", "eu-central-1"));
        assert!(set.contains(&("AWS_REGION".into(), Some("eu-central-1".into()))));
        assert!(set.contains(&("AWS_LAMBDA_INITIALIZATION_TYPE".into(), None)));
        assert!(!set.iter().any(|(name, _)| name == "LIFT_WS_TABLE"));
    }

    #[test]
    fn the_proxy_is_the_gateway_and_not_for_what_is_on_this_machine() {
        let url = "http://127.0.0.1:3000/dev";
        let [https, _, without, _, node] = of_proxy(url, |_| None);
        assert_eq!(https, ("HTTPS_PROXY", "http://127.0.0.1:3000".to_owned()));
        assert_eq!(without, ("NO_PROXY", "127.0.0.1,localhost,::1".to_owned()));
        assert_eq!(node, ("NODE_USE_ENV_PROXY", "1".to_owned()));
        let own = |name: &str| (name == "no_proxy").then(|| ".example.org".to_owned());
        assert_eq!(of_proxy(url, own)[2].1, "127.0.0.1,localhost,::1,.example.org");
    }

    #[test]
    fn logs_are_for_people_unless_the_user_says_otherwise() {
        let nothing = |_: &str| false;
        let (format, level) = (("LIFT_WS_LOG", "human"), ("RUST_LOG", "info,lift_ws=debug"));
        let no_colour = ("NO_COLOR", "1");
        assert!(of_logs(true, nothing).eq([format, level]));
        assert!(of_logs(false, nothing).eq([format, level, no_colour]));
        assert!(of_logs(false, |name| name == "LIFT_WS_LOG").eq([level, no_colour]));
        for chosen in ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"] {
            assert!(of_logs(true, |name| name == chosen).eq([format]), "{chosen}");
        }
        assert!(of_logs(false, |_| true).next().is_none());
    }
}
