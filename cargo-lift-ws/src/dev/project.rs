//! Whole projects: several functions, APIs and stages, from a TOML file or a template.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use lift_ws_local::project::{Project, ProjectApi, ProjectPackage, Requirement};
use tokio::process::Command;

use super::app::App;
use super::arguments::{ProjectFile, Selection};
use super::rebuild::{BuiltFunction, Part};
use super::{DevError, Served, build, describe, of_build, program};
use crate::terminal;

/// The file that is read if nothing else is said.
const USUAL_FILE: &str = "lift-ws.toml";

/// A project's file in the current folder.
pub(super) fn found() -> Option<ProjectFile> {
    let file = PathBuf::from(USUAL_FILE);
    file.is_file().then_some(ProjectFile::Toml(file))
}

/// Builds what cargo builds of the project that the file describes.
pub(super) async fn prepare(
    file: &ProjectFile,
    mut project: Project,
    release: bool,
    built: &mut Vec<BuiltFunction>,
) -> Result<Served, DevError> {
    for warning in &project.warnings {
        terminal::warning(warning);
    }
    check_requirements(&project).await?;
    for index in 0..project.functions.len() {
        if let Some(package) = project.functions[index].package.clone() {
            let name = project.functions[index].name.clone();
            let app = find(&package, release).map_err(|source| DevError::AppOfProject {
                file: file.path().to_owned(),
                function: name,
                package: package.name.clone(),
                source: Box::new(source),
            })?;
            built.push(make(&mut project, index, app).await?);
        }
    }
    for function in project.functions.iter_mut().filter(|function| function.package.is_none()) {
        function.function = program::with_concurrency(function.function.clone());
    }
    let name = file.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Served { name, project })
}

/// Reads the file.
pub(super) fn read(file: &ProjectFile) -> Result<Project, DevError> {
    let path = file.path();
    let text = std::fs::read_to_string(path)
        .map_err(|source| DevError::ReadProject { file: path.to_owned(), source })?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let project = match file {
        ProjectFile::Toml(_) => Project::from_toml(&text, dir),
        ProjectFile::Template { parameters, .. } => Project::from_template(&text, dir, parameters),
    };
    let hint = hint(file);
    project.map_err(|source| DevError::Project { file: path.to_owned(), source, hint })
}

/// The other option, if the file's name is that of a file for it.
fn hint(file: &ProjectFile) -> &'static str {
    let extension = file.path().extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match (file, extension.as_str()) {
        (ProjectFile::Toml(_), "yaml" | "yml" | "json" | "template") => {
            "\na SAM or CloudFormation template is named by --template"
        }
        (ProjectFile::Template { .. }, "toml") => "\na project in TOML is named by --config",
        _ => "",
    }
}

/// Tells of what is not installed before the first event fails for it.
async fn check_requirements(project: &Project) -> Result<(), DevError> {
    let mut met: Vec<&Requirement> = Vec::new();
    for requirement in project.functions.iter().filter_map(|function| function.requirement.as_ref()) {
        let is_known =
            |known: &&Requirement| (&known.program, &known.dir) == (&requirement.program, &requirement.dir);
        if met.iter().any(is_known) {
            continue;
        }
        let mut command = Command::new(&requirement.program);
        command.args(&requirement.arguments).current_dir(&requirement.dir).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().await.is_ok_and(|status| status.success()) {
            return Err(DevError::Requirement { advice: requirement.advice.clone() });
        }
        met.push(requirement);
    }
    Ok(())
}

fn find(package: &ProjectPackage, release: bool) -> Result<App, DevError> {
    App::find(&Selection {
        package: package.name.clone(),
        bin: package.bin.clone(),
        release,
        manifest_path: package.manifest_path.clone(),
        ..Selection::default()
    })
}

/// Builds a function; APIs that say nothing of routes get those that it describes.
async fn make(project: &mut Project, index: usize, app: App) -> Result<BuiltFunction, DevError> {
    let is_only = project.functions.len() == 1;
    let described = &project.functions[index];
    let name = described.name.clone();
    let is_described = |api: &ProjectApi| {
        api.describes_itself && api.function.as_ref().map_or(is_only, |function| *function == name)
    };
    let describes = project.apis.iter().any(is_described);
    let part = Part::OneOf { name: name.clone(), function: described.function.clone(), describes };
    let mut built = BuiltFunction::watch(app, part)?;
    let app = &mut built.app;
    let build::Built { executable, lock } = build::build(app).await?;
    let copy = app.set_aside(&executable)?;
    let described = &mut project.functions[index];
    described.function = of_build(&described.function, app, &copy);
    if describes {
        let manifest = describe::describe(copy.path(), app.name()).await?;
        for api in project.apis.iter_mut().filter(|api| is_described(api)) {
            api.manifest = manifest.clone();
            api.web = api.web.take().or_else(|| app.web());
        }
    }
    app.run(copy);
    built.follow(lock);
    Ok(built)
}
