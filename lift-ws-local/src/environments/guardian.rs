//! Ends the environments of a gateway that can do so no more, because it was killed itself.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::Pid;

/// Learns from its input which groups there are; its input ends with the process that writes it, however that
/// ends, and then it kills the groups that are left.
const SCRIPT: &str = r#"
groups=
while read -r sign group; do
  case $sign in
    +) groups="$groups $group" ;;
    -)
      left=
      for known in $groups; do [ "$known" = "$group" ] || left="$left $known"; done
      groups=$left
      ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"#;

/// A shell that waits for the end of this process. Dropping it ends it.
///
/// It is a process rather than a flag of the environments (`PR_SET_PDEATHSIG`), as that needs unsafe code or
/// another program before each environment, and does not reach what the environments start themselves.
#[derive(Debug)]
pub(super) struct Guardian {
    process: Child,
    input: Option<ChildStdin>,
}

impl Guardian {
    pub(super) fn start() -> io::Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "lift-ws-guardian"])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What ends the gateway by Ctrl-C or with its terminal must not end the guardian before.
            .process_group(0)
            .spawn()?;
        let input = process.stdin.take();
        Ok(Self { process, input })
    }

    /// From now on this group is ended with this process.
    pub(super) fn guard(&mut self, group: Pid) {
        self.tell('+', group);
    }

    /// This group has ended.
    pub(super) fn forget(&mut self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&mut self, sign: char, group: Pid) {
        let line = format!("{sign} {}\n", group.as_raw_nonzero());
        // A guardian that was killed has no successor: the gateway itself still ends its environments.
        if self.input.as_mut().is_some_and(|input| input.write_all(line.as_bytes()).is_err()) {
            self.input = None;
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        // Killed before its input ends: the groups have been ended, and their ids may belong to others.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn sleep() -> (Child, Pid) {
        let child = Command::new("sleep").arg("1000").process_group(0).spawn().unwrap();
        let group = Pid::from_raw(child.id().cast_signed()).unwrap();
        (child, group)
    }

    #[test]
    fn groups_are_killed_when_the_input_ends_unless_they_are_forgotten() {
        let mut guardian = Guardian::start().unwrap();
        let ((mut one, first), (mut two, second), (mut three, third)) = (sleep(), sleep(), sleep());
        for group in [first, second, third] {
            guardian.guard(group);
        }
        guardian.forget(second);
        guardian.input = None;
        assert_eq!(one.wait().unwrap().signal(), Some(9));
        assert_eq!(three.wait().unwrap().signal(), Some(9));
        guardian.process.wait().unwrap();
        assert!(two.try_wait().unwrap().is_none());
        two.kill().unwrap();
        two.wait().unwrap();
    }
}
