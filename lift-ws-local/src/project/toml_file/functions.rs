//! `[functions.NAME]`.

use std::time::Duration;

use super::{Reader, known_keys};
use crate::Function;
use crate::core::meant::instead_of;
use crate::project::node::{Content, Entry, Node};
use crate::project::{ProjectError, ProjectFunction, ProjectPackage, placeholder};
use crate::sqs::JOBS;

const OF_FUNCTION: &[&str] =
    &["command", "package", "bin", "manifestPath", "dir", "env", "timeout", "environments", "concurrency"];

impl Reader<'_> {
    pub(super) fn function(&self, name: &str, node: &Node) -> Result<ProjectFunction, ProjectError> {
        let path = |key: &str| format!("functions.{name}.{key}");
        known_keys(node, &format!("functions.{name}"), OF_FUNCTION)?;
        let package = self.package(name, node)?;
        let mut function = match (node.get("command"), &package) {
            (Some(command), None) => self.command(command, &path("command"))?,
            (None, Some(_)) => Function::new(""),
            (Some(_), Some(_)) => {
                let message = "a function has a `command` or a `package`, not both: remove one";
                return Err(node.problem(format!("functions.{name}"), message));
            }
            (None, None) => {
                let message = "nothing says what to run: write command = [\"python3\", \"app.py\"], or package = \
                               \"NAME\" for one that cargo builds";
                return Err(node.problem(format!("functions.{name}"), message));
            }
        };
        function = function.named(name);
        match node.get("dir") {
            Some(dir) => {
                function =
                    function.current_dir(self.dir.join(dir.expect_text(&path("dir"), "\"services/chat\"")?))
            }
            None if package.is_none() => function = function.current_dir(self.dir),
            None => {}
        }
        if let Some(env) = node.get("env") {
            for Entry { key, value, .. } in env.expect_map(&path("env"))? {
                let place = path(&format!("env.{key}"));
                let text = value.to_text().ok_or_else(|| {
                    value.problem(&place, format!("this is {}: a variable is a text", value.kind()))
                })?;
                function = function.env(key, self.with_queues(&text, value, &place)?);
            }
        }
        if let Some(concurrency) = node.get("concurrency") {
            let concurrency = concurrency.expect_number(&path("concurrency"), 1, 1000)?;
            function = function.env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
        }
        let timeout =
            node.get("timeout").map(|node| node.expect_number(&path("timeout"), 1, 900)).transpose()?;
        let environments =
            node.get("environments").map(|node| node.expect_number(&path("environments"), 1, 1000));
        Ok(ProjectFunction {
            name: name.to_owned(),
            function,
            package,
            requirement: None,
            environments: environments.transpose()?.map(|count| count as usize),
            timeout: timeout.map(Duration::from_secs),
        })
    }

    fn command(&self, node: &Node, path: &str) -> Result<Function, ProjectError> {
        let mut words = Vec::new();
        for word in node.elements() {
            words.push(word.expect_text(path, "\"python3\"")?);
        }
        match (&node.content, &words[..]) {
            (Content::List(_), [program, arguments @ ..]) => {
                // As a shell does it: a name is looked for in PATH, a path is one from here.
                let program = if program.contains('/') {
                    self.dir.join(program).into_os_string()
                } else {
                    program.into()
                };
                Ok(Function::new(program).args(arguments.iter().copied()))
            }
            _ => {
                let message =
                    "write the program and its arguments as a list: command = [\"python3\", \"app.py\"]";
                Err(node.problem(path, message))
            }
        }
    }

    fn package(&self, name: &str, node: &Node) -> Result<Option<ProjectPackage>, ProjectError> {
        let text = |key: &str| -> Result<Option<String>, ProjectError> {
            let path = format!("functions.{name}.{key}");
            node.get(key).map(|node| node.expect_text(&path, "\"chat\"").map(str::to_owned)).transpose()
        };
        let package = ProjectPackage {
            name: text("package")?,
            bin: text("bin")?,
            manifest_path: text("manifestPath")?.map(|path| self.dir.join(path)),
        };
        Ok(Some(package).filter(|package| *package != ProjectPackage::default()))
    }
}

/// What begins the name of a queue, whose URL takes the place of the whole.
const OF_QUEUE: &str = "queues.";

impl Reader<'_> {
    /// `${queues.NAME}` stands for the URL of a queue. Without a dot it may be meant for the program, and stays.
    fn with_queues(&self, text: &str, node: &Node, path: &str) -> Result<String, ProjectError> {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            rest = after;
            let Some((name, behind)) = after.split_once('}') else {
                if after.starts_with(OF_QUEUE) {
                    return Err(node.problem(path, "`${queues.` has no end: write ${queues.NAME}"));
                }
                whole.push_str("${");
                continue;
            };
            if let Some(queue) = name.strip_prefix(OF_QUEUE) {
                self.check_queue(queue).map_err(|message| node.problem(path, message))?;
                whole.push_str(&placeholder::queue_url(queue));
                rest = behind;
            } else if name.contains('.') && !name.contains("${") {
                let message = format!(
                    "nothing can be put for `${{{name}}}`: write ${{queues.NAME}} for the URL of a queue"
                );
                return Err(node.problem(path, message));
            } else {
                whole.push_str("${");
            }
        }
        Ok(whole + rest)
    }

    fn check_queue(&self, queue: &str) -> Result<(), String> {
        // That of jobs is there wherever an app has some, and so is that of those that fail.
        if self.queues.contains(&queue) || queue.starts_with(JOBS) {
            return Ok(());
        }
        let instead = match &self.queues[..] {
            [] => format!(": describe it under [queues.{queue}]"),
            known => instead_of(queue, known),
        };
        Err(format!("there is no queue `{queue}`{instead}"))
    }
}
