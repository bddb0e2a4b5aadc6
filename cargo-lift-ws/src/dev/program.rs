//! Any program that speaks the Runtime API, with its routes from a file.

use std::ffi::OsString;
use std::path::Path;

use lift_ws_local::Function;
use lift_ws_local::core::Manifest;
use lift_ws_local::project::Project;

use super::{DevError, Served};

pub(super) fn prepare(command: &[OsString], routes: &Path) -> Result<Served, DevError> {
    let json = std::fs::read_to_string(routes)
        .map_err(|source| DevError::ReadRoutes { file: routes.to_owned(), source })?;
    let manifest = Manifest::parse_handwritten(&json)
        .map_err(|source| DevError::Routes { file: routes.to_owned(), source })?;
    let (program, args) = command.split_first().map_or((OsString::new(), &[][..]), |(p, a)| (p.clone(), a));
    let function = with_concurrency(Function::new(program).args(args));
    let name = function.name();
    Ok(Served { name, project: Project::single(manifest, function) })
}

/// A program that takes several events at a time is asked to by the variable that Lambda uses.
pub(super) fn with_concurrency(function: Function) -> Function {
    const VARIABLE: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
    match std::env::var_os(VARIABLE) {
        Some(value) => function.env(VARIABLE, value),
        None => function,
    }
}
