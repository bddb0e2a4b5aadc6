//! A copy of part of the workspace, to be spoilt: tests that tests find mistakes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A mistake that somebody could make, as a change of one place.
#[derive(Debug)]
pub struct Mistake {
    /// What it breaks.
    pub name: &'static str,
    /// The file, below the crate's `src`.
    pub file: &'static str,
    /// What is there.
    pub right: &'static str,
    /// What it would be.
    pub wrong: &'static str,
}

impl Mistake {
    /// That its place is in the source exactly once.
    ///
    /// # Panics
    /// If it is not: then the source has changed, and the mistake must follow it.
    pub fn check(&self, member: &str) {
        let source = fs::read_to_string(workspace().join(member).join("src").join(self.file))
            .unwrap_or_else(|error| panic!("{}: {}: {error}", self.name, self.file));
        assert_eq!(
            source.matches(self.right).count(),
            1,
            "`{}` has its place once in {}",
            self.name,
            self.file
        );
        assert_ne!(self.right, self.wrong);
    }

    /// Is it one of those that the variable names, with commas between them? Any is, if it is not set.
    #[must_use]
    pub fn is_wanted(&self, variable: &str) -> bool {
        std::env::var(variable).ok().is_none_or(|only| only.split(',').any(|name| name == self.name))
    }
}

/// The folder of the workspace.
///
/// # Panics
/// Never: this crate lies in one.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A workspace of its own with copies of some members.
#[derive(Debug)]
pub struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// Copies `members`; `others` are members that the caller writes.
    ///
    /// # Panics
    /// If a file cannot be read or written.
    #[must_use]
    pub fn make(name: &str, members: &[&str], others: &[&str]) -> Self {
        let (root, folder) = (workspace(), workspace().join("target").join(name));
        for member in members {
            let _ = fs::remove_dir_all(folder.join(member));
            copy_folder(&root.join(member), &folder.join(member));
        }
        for file in ["README.md", "Cargo.lock"] {
            fs::copy(root.join(file), folder.join(file)).expect("a file is copied"); // the README is included by docs
        }
        let workspace = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace's manifest");
        let (head, rest) = workspace.split_once("members = [").expect("it has members");
        let (_, rest) = rest.split_once("]\n").expect("the list ends");
        let members: Vec<&str> = members.iter().chain(others).copied().collect();
        fs::write(folder.join("Cargo.toml"), format!("{head}members = {members:?}\n{rest}"))
            .expect("a manifest is written");
        Self { folder }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `cargo` in it, with a target folder that lasts.
    ///
    /// # Panics
    /// If cargo does not start.
    pub fn cargo(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .envs(environment.iter().copied())
            .output()
            .expect("cargo runs")
    }

    /// What `f` gives with the mistake in `member`.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn with<T>(&self, member: &str, mistake: &Mistake, f: impl FnOnce(&Self) -> T) -> T {
        let file = self.folder.join(member).join("src").join(mistake.file);
        let source = fs::read_to_string(&file).expect("the file is there");
        fs::write(&file, source.replacen(mistake.right, mistake.wrong, 1)).expect("it can be written");
        let outcome = f(self);
        fs::write(&file, source).expect("it can be written");
        outcome
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    for entry in fs::read_dir(from).expect("it is a folder") {
        let entry = entry.expect("it can be read");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file is copied");
        }
    }
}
