//! The program that environments run.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// A program that speaks the Lambda Runtime API, with its arguments and environment variables.
///
/// # Examples
///
/// ```
/// use lift_ws_local::Function;
///
/// let function = Function::new("python3").arg("loop.py").env("GREETING", "hello");
/// assert_eq!(function.name(), "python3");
/// ```
#[derive(Clone, Debug)]
pub struct Function {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) current_dir: Option<PathBuf>,
    name: Option<String>,
}

impl Function {
    /// A program: a path, or a name that is looked for in `PATH`.
    #[must_use]
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            variables: Vec::new(),
            current_dir: None,
            name: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable, also one that the gateway sets itself.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The folder to run in; the gateway's own by default.
    #[must_use]
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(dir.into());
        self
    }

    /// The folder to run in, unless one is set.
    #[must_use]
    pub fn current_dir_or(mut self, dir: impl Into<PathBuf>) -> Self {
        self.current_dir.get_or_insert_with(|| dir.into());
        self
    }

    /// Another program, with the same arguments and variables.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// The function's name, in place of the program's.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The function's name: as set, else the program's file name.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = || Path::new(&self.program).file_stem().unwrap_or(OsStr::new("function"));
        self.name.clone().unwrap_or_else(|| stem().to_string_lossy().into_owned())
    }

    /// Changes the values of the variables that were set here; those that are no text stay as they are.
    pub(crate) fn map_variables(mut self, change: impl Fn(&str) -> String) -> Self {
        for (_, value) in &mut self.variables {
            if let Some(text) = value.to_str() {
                *value = change(text).into();
            }
        }
        self
    }

    /// What the operating system will not pass on to the program, if there is such a thing, and why.
    pub(crate) fn objection(&self) -> Option<(String, &'static str)> {
        let has_nul = |text: &OsStr| text.as_encoded_bytes().contains(&0);
        let no_nul = "a text for a program cannot have the character NUL in it: remove it";
        if has_nul(&self.program) || self.args.iter().any(|arg| has_nul(arg)) {
            return Some(("command".to_owned(), no_nul));
        }
        if self.current_dir.as_ref().is_some_and(|dir| has_nul(dir.as_os_str())) {
            return Some(("dir".to_owned(), no_nul));
        }
        self.variables.iter().find_map(|(name, value)| {
            let bytes = name.as_encoded_bytes();
            if bytes.is_empty() || has_nul(name) || bytes.contains(&b'=') {
                let message = "the name of a variable has at least one character, and neither `=` nor NUL";
                return Some(("env".to_owned(), message));
            }
            has_nul(value).then(|| (format!("env.{}", name.to_string_lossy()), no_nul))
        })
    }

    /// What to say when the operating system does not run the program.
    pub(crate) fn cannot_start(&self, error: &io::Error) -> String {
        let program = Path::new(&self.program).display();
        match error.kind() {
            io::ErrorKind::NotFound => {
                format!("there is no program `{program}`: give the path of one, or a name that is in PATH")
            }
            io::ErrorKind::PermissionDenied => {
                format!("`{program}` may not be run: make it executable (chmod +x), or run its interpreter")
            }
            _ => format!("`{program}` cannot be run: {error}"),
        }
    }

    /// How many events an environment takes at a time: `AWS_LAMBDA_MAX_CONCURRENCY`, if it is set here.
    pub(crate) fn concurrency(&self) -> usize {
        let set = self.variables.iter().rev().find(|(name, _)| name == "AWS_LAMBDA_MAX_CONCURRENCY");
        set.and_then(|(_, value)| value.to_str()?.parse().ok()).unwrap_or(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_is_one_unless_the_variable_says_more() {
        let function = Function::new("x");
        assert_eq!(function.concurrency(), 1);
        assert_eq!(function.clone().env("AWS_LAMBDA_MAX_CONCURRENCY", "8").concurrency(), 8);
        assert_eq!(function.clone().env("AWS_LAMBDA_MAX_CONCURRENCY", "0").concurrency(), 1);
        assert_eq!(function.env("AWS_LAMBDA_MAX_CONCURRENCY", "many").concurrency(), 1);
    }

    #[test]
    fn the_name_is_the_programs_unless_set() {
        assert_eq!(Function::new("/opt/app/bootstrap.sh").name(), "bootstrap");
        assert_eq!(Function::new("x").named("chat").name(), "chat");
    }
}
