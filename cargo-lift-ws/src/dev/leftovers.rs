//! What a tool that was killed has left behind.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, test_kill_process};

/// Removes the binaries that tools have set aside which do not run any more. Their names end in the tool's process id and a
/// number: `chat-4711-2`.
pub(super) fn remove(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(owner).is_some_and(|owner| !is_alive(owner)) {
            // Somebody else may be faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn owner(name: &str) -> Option<Pid> {
    let mut parts = name.rsplitn(3, '-');
    let (number, pid, _app) = (parts.next()?, parts.next()?, parts.next()?);
    number.parse::<u32>().ok()?;
    Pid::from_raw(pid.parse().ok().filter(|pid| *pid > 0)?)
}

/// A process of somebody else's may be asked nothing, but is there.
fn is_alive(process: Pid) -> bool {
    test_kill_process(process) != Err(rustix::io::Errno::SRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_no_living_tool_is_removed() {
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let gone = ended.id();
        ended.wait().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let ours = format!("my-chat-{}-1", std::process::id());
        let theirs = format!("my-chat-{gone}-12");
        for name in [ours.as_str(), &theirs, "chat", "chat-x-1", "chat-1-x", "last-build.json"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        remove(dir.path());
        let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        let mut expected = vec!["chat", "chat-1-x", "chat-x-1", "last-build.json", &ours];
        expected.sort_unstable();
        assert_eq!(left, expected);
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_problem() {
        remove(Path::new("/no/such/folder"));
    }
}
