//! A built binary, set aside under a name of its own.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

/// A copy of a binary. Dropping it removes the file; processes that run it keep it until they end.
#[derive(Debug)]
pub(super) struct BinaryCopy {
    path: PathBuf,
    executable: PathBuf,
    original: Stamp,
}

/// What tells one build's binary from the next.
type Stamp = (Option<SystemTime>, u64);

impl BinaryCopy {
    pub(super) fn make(executable: &Path, dir: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let original = stamp(executable)?;
        let path = dir.join(name);
        let _ = fs::remove_file(&path);
        // A link costs nothing; linkers write a new file in place of the old one.
        fs::hard_link(executable, &path).or_else(|_| fs::copy(executable, &path).map(drop))?;
        Ok(Self { path, executable: executable.to_owned(), original })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is a copy of.
    pub(super) fn executable(&self) -> &Path {
        &self.executable
    }

    /// Whether the binary is still the one that was copied.
    pub(super) fn is_of(&self, executable: &Path) -> bool {
        stamp(executable).is_ok_and(|now| now == self.original)
    }
}

impl Drop for BinaryCopy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn stamp(file: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(file)?;
    Ok((metadata.modified().ok(), metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_outlives_a_new_build_and_is_removed_in_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let built = dir.path().join("app");
        fs::write(&built, "first").unwrap();
        let copy = BinaryCopy::make(&built, &dir.path().join("aside"), "app-1").unwrap();
        assert!(copy.is_of(&built));
        fs::remove_file(&built).unwrap();
        assert!(!copy.is_of(&built));
        fs::write(&built, "second build").unwrap();
        assert!(!copy.is_of(&built));
        assert_eq!(fs::read(copy.path()).unwrap(), b"first");
        let path = copy.path().to_owned();
        drop(copy);
        assert!(!path.exists());
    }
}
