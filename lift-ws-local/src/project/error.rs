//! Why a project's file was not accepted.

use std::{error, fmt};

/// Why a project cannot be served: where in its file, what is wrong, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectError {
    place: Place,
    problem: String,
}

/// A place in a project's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The way to it: `apis.main.routes.say`, or resource and property of a template.
    pub path: String,
}

impl Place {
    pub(crate) fn at(path: impl Into<String>) -> Self {
        Self { line: None, path: path.into() }
    }

    pub(crate) fn on_line(line: Option<usize>, path: impl Into<String>) -> Self {
        Self { line, path: path.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.path.as_str()) {
            (Some(line), "") => write!(f, "line {line}"),
            (Some(line), path) => write!(f, "line {line}, `{path}`"),
            (None, "") => f.write_str("the file"),
            (None, path) => write!(f, "`{path}`"),
        }
    }
}

impl ProjectError {
    pub(crate) fn new(place: Place, problem: impl Into<String>) -> Self {
        Self { place, problem: problem.into() }
    }

    /// There is nothing that could be run.
    pub(crate) fn no_function() -> Self {
        Self::new(
            Place::default(),
            "there is no function: describe one under [functions.NAME], with its command",
        )
    }

    /// The same on a line that was found later, unless it has one.
    pub(super) fn on_line(mut self, line: Option<usize>) -> Self {
        self.place.line = self.place.line.or(line);
        self
    }

    /// Where in the file the mistake is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl error::Error for ProjectError {}
