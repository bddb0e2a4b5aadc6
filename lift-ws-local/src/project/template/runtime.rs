//! How a function of a template is started: by its runtime, and what is in the folder of its code.

use std::path::{Path, PathBuf};

use super::resources::Resource;
use crate::Function;
use crate::project::node::{Content, Node};
use crate::project::{ProjectError, ProjectPackage, Requirement};

/// How a function runs.
pub(super) struct Started {
    pub(super) function: Function,
    pub(super) package: Option<ProjectPackage>,
    pub(super) requirement: Option<Requirement>,
}

impl Started {
    fn program(function: Function) -> Self {
        Self { function, package: None, requirement: None }
    }
}

/// A template that `sam build` has written, and those that it is written from, have the builds here.
const SAM_BUILD: &str = ".aws-sam/build";

pub(super) fn start(resource: &Resource, dir: &Path) -> Result<Started, ProjectError> {
    if resource.text("PackageType")?.as_deref() == Some("Image") {
        let problem = "container images are not run at home: describe the program in a lift-ws.toml, or use a zip package";
        return Err(resource.problem("PackageType", problem));
    }
    let code = code_dir(resource, dir)?;
    let Some(runtime) = resource.text("Runtime")? else {
        return Err(resource.problem("", "this function has no Runtime: write one, such as provided.al2023"));
    };
    match runtime.as_str() {
        runtime if runtime.starts_with("python3") => python(resource, &code, dir),
        runtime if runtime.starts_with("nodejs") => node(resource, &code, dir),
        runtime if runtime.starts_with("provided") => custom(resource, &code, dir),
        "go1.x" => {
            let problem = "go1.x is gone from Lambda: build a binary `bootstrap` on aws-lambda-go, and write Runtime: \
                           provided.al2023";
            Err(resource.problem("Runtime", problem))
        }
        other => {
            let problem = format!(
                "functions of {other} are not started from a template: describe the command that runs its Runtime API \
                 client in a lift-ws.toml"
            );
            Err(resource.problem("Runtime", problem))
        }
    }
}

/// The folder of the code: what `sam build` has made, if the source itself cannot be run.
fn code_dir(resource: &Resource, dir: &Path) -> Result<PathBuf, ProjectError> {
    let key = if resource.kind == "AWS::Lambda::Function" { "Code" } else { "CodeUri" };
    if resource.get("InlineCode").is_some() {
        return Err(
            resource.problem("InlineCode", "code within the template is not run at home: put it into a file")
        );
    }
    let Some(code) = resource.get(key) else { return Ok(dir.to_owned()) };
    let elsewhere = |what: &str| {
        let problem = format!("{what} at home: write the folder of the code, as {key}: src/");
        Err(resource.problem(key, problem))
    };
    match &code.content {
        Content::Text(uri) if uri.starts_with("s3://") => elsewhere("code in S3 is not fetched"),
        Content::Text(uri) if uri.ends_with(".zip") || uri.ends_with(".jar") => {
            elsewhere("archives are not unpacked")
        }
        Content::Text(uri) => Ok(dir.join(uri)),
        Content::Map(_) if code.get("ZipFile").is_some() => elsewhere("code within the template is not run"),
        Content::Map(_) => elsewhere("code in S3 is not fetched"),
        _ => elsewhere("this is not understood"),
    }
}

fn handler(resource: &Resource) -> Result<String, ProjectError> {
    let Some(handler) = resource.text("Handler")? else {
        return Err(resource.problem("", "this function has no Handler: write one, such as app.handler"));
    };
    Ok(handler)
}

fn python(resource: &Resource, code: &Path, dir: &Path) -> Result<Started, ProjectError> {
    let code = existing(resource, code)?;
    let of_venv = [&code, dir].into_iter().map(|dir| dir.join(".venv/bin/python"));
    let python = of_venv.into_iter().find(|python| python.is_file()).unwrap_or_else(|| "python3".into());
    let function =
        Function::new(&python).args(["-m", "awslambdaric"]).arg(handler(resource)?).current_dir(&code);
    let requirement = Requirement {
        program: python.into(),
        arguments: vec!["-c".into(), "import awslambdaric".into()],
        dir: code,
        advice: format!(
            "function `{}` runs on awslambdaric, AWS's own Runtime API client, which this Python does not find: run `pip \
             install awslambdaric`, in the virtual environment if there is one",
            resource.id
        ),
    };
    Ok(Started { function, package: None, requirement: Some(requirement) })
}

fn node(resource: &Resource, code: &Path, dir: &Path) -> Result<Started, ProjectError> {
    const CLIENT: &str = "node_modules/.bin/aws-lambda-ric";
    let method = build_method(resource);
    let built = dir.join(SAM_BUILD).join(&resource.id);
    let code = match method.as_deref() {
        Some("esbuild") if built.is_dir() => built,
        Some("esbuild") => {
            let problem = "this code is made by esbuild: run `sam build` first, its output is then run";
            return Err(resource.problem("", problem));
        }
        _ => existing(resource, code)?,
    };
    let around = code.ancestors().take_while(|folder| folder.starts_with(dir) || dir.starts_with(folder));
    let Some(client) = around.map(|folder| folder.join(CLIENT)).find(|client| client.exists()) else {
        let problem = format!(
            "function `{}` runs on aws-lambda-ric, AWS's own Runtime API client, which is not in {}: run `npm install \
             --save-dev aws-lambda-ric` there",
            resource.id,
            code.display()
        );
        return Err(resource.problem("Runtime", problem));
    };
    Ok(Started::program(Function::new(client).arg(handler(resource)?).current_dir(code)))
}

/// A binary `bootstrap`: one that is there, or one that cargo builds.
fn custom(resource: &Resource, code: &Path, dir: &Path) -> Result<Started, ProjectError> {
    let built = dir.join(SAM_BUILD).join(&resource.id);
    let is_rust =
        build_method(resource).as_deref() == Some("rust-cargolambda") || code.join("Cargo.toml").is_file();
    if is_rust && code.join("Cargo.toml").is_file() {
        let binary = resource.metadata.as_ref().and_then(|metadata| metadata.get("BuildProperties"));
        let binary = binary.and_then(|properties| properties.get("Binary")).and_then(Node::to_text);
        let package =
            ProjectPackage { name: None, bin: binary, manifest_path: Some(code.join("Cargo.toml")) };
        return Ok(Started { function: Function::new(""), package: Some(package), requirement: None });
    }
    let folder = [code, &built].into_iter().find(|folder| folder.join("bootstrap").is_file());
    match folder {
        Some(folder) => Ok(Started::program(Function::new(folder.join("bootstrap")).current_dir(folder))),
        None if code.file_name().is_some_and(|name| name == "bootstrap") && code.is_file() => {
            let folder = code.parent().unwrap_or(dir);
            Ok(Started::program(Function::new(code).current_dir(folder)))
        }
        None => {
            let how = if code.join("go.mod").is_file() {
                "run `go build -o bootstrap` there"
            } else {
                "build it, or run `sam build`"
            };
            let problem = format!("there is no binary `bootstrap` in {}: {how}", code.display());
            Err(resource.problem("", problem))
        }
    }
}

fn build_method(resource: &Resource) -> Option<String> {
    resource.metadata.as_ref()?.get("BuildMethod").and_then(Node::to_text)
}

fn existing(resource: &Resource, code: &Path) -> Result<PathBuf, ProjectError> {
    if code.is_dir() {
        return Ok(code.to_owned());
    }
    let key = if resource.kind == "AWS::Lambda::Function" { "Code" } else { "CodeUri" };
    Err(resource.problem(key, format!("there is no folder {}: write the folder of the code", code.display())))
}
