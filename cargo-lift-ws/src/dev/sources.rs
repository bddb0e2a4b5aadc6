//! Which files make the app what it is.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What cargo says of the last build that passed: its dep-info, a makefile beside the binary that names every file that
/// was compiled or included, in whatever language it is, and what build scripts asked to be run again for.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// Files, and folders that build scripts have named.
    known: Option<HashSet<PathBuf>>,
    /// Folders of packages with a build script, which is run again for any file in them unless it says otherwise.
    scripted: Vec<PathBuf>,
}

/// Names that count whatever dep-info says: cargo reads them itself.
const OF_CARGO: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "config.toml",
    "config",
    "rust-toolchain",
    "rust-toolchain.toml",
];

impl Sources {
    /// Nothing is known: any file may be a source.
    pub(super) fn unknown() -> Self {
        Self::default()
    }

    /// The sources of what cargo has built of the package in this folder; unknown if it has not said.
    pub(super) fn of(executable: &Path, package: &Path, scripted: Vec<PathBuf>) -> Self {
        let dep_info = fs::read_to_string(executable.with_extension("d"));
        // A folder behind a link may have two names: then events would be about other ones than these.
        let is_here = |files: &HashSet<PathBuf>| files.iter().any(|file| file.starts_with(package));
        Self { known: dep_info.ok().and_then(|text| parse(&text)).filter(is_here), scripted }
    }

    /// Whether a build may come out otherwise now that this file is another.
    pub(super) fn contain(&self, path: &Path) -> bool {
        let Some(known) = &self.known else { return true };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        OF_CARGO.contains(&name)
            || path.ancestors().any(|part| known.contains(part))
            || self.scripted.iter().any(|folder| path.starts_with(folder))
    }

    /// The folders that the files are in.
    pub(super) fn folders(&self) -> HashSet<&Path> {
        self.known.iter().flatten().filter_map(|file| file.parent()).collect()
    }

    /// Whether cargo has said what they are.
    pub(super) fn are_known(&self) -> bool {
        self.known.is_some()
    }
}

/// `target: file file …`, a space in a name written as `\ `. Only absolute names are of use.
fn parse(makefile: &str) -> Option<HashSet<PathBuf>> {
    let (_, dependencies) = makefile.lines().next()?.split_once(": ")?;
    let mut files = HashSet::new();
    let mut name = String::new();
    let mut characters = dependencies.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.next_if_eq(&' ').is_some() => name.push(' '),
            ' ' => {
                files.insert(PathBuf::from(std::mem::take(&mut name)));
            }
            other => name.push(other),
        }
    }
    files.insert(PathBuf::from(name));
    files.remove(Path::new(""));
    files.iter().all(|file| file.is_absolute()).then_some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(makefile: &str, scripted: &[&str]) -> Sources {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("app.d"), makefile).unwrap();
        let scripted = scripted.iter().map(PathBuf::from).collect();
        Sources::of(&dir.path().join("app"), Path::new("/app"), scripted)
    }

    #[test]
    fn what_was_compiled_or_included_is_a_source_whatever_its_kind() {
        let sources = sources("/t/app: /app/src/main.rs /app/texts/a\\ b.txt /app/schemas\n", &[]);
        for path in ["/app/src/main.rs", "/app/texts/a b.txt", "/app/schemas/new.json", "/app/Cargo.toml"] {
            assert!(sources.contain(Path::new(path)), "{path}");
        }
        for path in ["/app/src/notes.md", "/app/src/unused.rs", "/app/texts/c.txt", "/app/schemas.json"] {
            assert!(!sources.contain(Path::new(path)), "{path}");
        }
        let mut folders: Vec<_> = sources.folders().into_iter().collect();
        folders.sort();
        assert_eq!(folders, [Path::new("/app"), Path::new("/app/src"), Path::new("/app/texts")]);
    }

    #[test]
    fn any_file_is_a_source_beside_a_build_script_and_where_cargo_has_not_said() {
        let scripted = sources("/t/app: /app/src/main.rs", &["/app/made"]);
        assert!(scripted.contain(Path::new("/app/made/input.txt")));
        assert!(!scripted.contain(Path::new("/app/input.txt")));
        let relative = sources("app: src/main.rs", &[]);
        let behind_a_link = sources("app: /link/app/src/main.rs", &[]);
        for unknown in [Sources::unknown(), sources("nonsense", &[]), relative, behind_a_link] {
            assert!(unknown.contain(Path::new("/app/notes.md")));
        }
    }
}
