//! The process groups of a gateway: what is ended at once, and for sure, with the gateway itself.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::guardian::Guardian;

/// The groups that are alive, shared by who starts them and who ends them all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProcessGroups(Arc<Mutex<Groups>>);

#[derive(Debug, Default)]
struct Groups {
    alive: HashSet<Pid>,
    is_closed: bool,
    guardian: Option<Guardian>,
}

/// One group. Dropping it ends all that is left in it, so it is dropped when its leader has ended.
#[derive(Debug)]
pub(super) struct ProcessGroup {
    leader: Pid,
    groups: ProcessGroups,
}

impl ProcessGroups {
    /// Starts a process as the leader of a group of its own: Ctrl-C is for the gateway, which ends its
    /// environments in order.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<(Child, ProcessGroup)> {
        // Locked until the group is known: `end_all` comes before the start or finds what was started.
        let mut groups = self.lock();
        if groups.is_closed {
            return Err(io::Error::other("the gateway has ended"));
        }
        groups.ensure_guardian();
        let mut child = command.process_group(0).spawn()?;
        let Some(leader) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else {
            let _ = child.start_kill();
            return Err(io::Error::other("the process has no id"));
        };
        groups.add(leader);
        Ok((child, ProcessGroup { leader, groups: self.clone() }))
    }

    /// Ends everything by SIGKILL, and lets nothing start any more.
    pub(crate) fn end_all(&self) {
        let mut groups = self.lock();
        groups.is_closed = true;
        for leader in std::mem::take(&mut groups.alive) {
            signal(leader, Signal::KILL);
        }
        groups.guardian = None;
    }

    fn lock(&self) -> MutexGuard<'_, Groups> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Groups {
    /// Before a process is started, so that it is unguarded for no longer than it takes to write a line.
    fn ensure_guardian(&mut self) {
        if self.guardian.is_none() {
            // Without one, only a gateway that is killed leaves something behind.
            self.guardian = Guardian::start().ok();
        }
    }

    fn add(&mut self, leader: Pid) {
        self.alive.insert(leader);
        if let Some(guardian) = &mut self.guardian {
            guardian.guard(leader);
        }
    }
}

impl ProcessGroup {
    /// Sends a signal to all processes of the group, unless it has been ended.
    pub(super) fn signal(&self, what: Signal) {
        if self.groups.lock().alive.contains(&self.leader) {
            signal(self.leader, what);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let mut groups = self.groups.lock();
        if groups.alive.remove(&self.leader) {
            // What the program started itself must not outlive it.
            signal(self.leader, Signal::KILL);
            if let Some(guardian) = &mut groups.guardian {
                guardian.forget(self.leader);
            }
        }
    }
}

fn signal(group: Pid, signal: Signal) {
    // It fails when nobody is left in the group, which is what is wanted.
    let _ = kill_process_group(group, signal);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn sleep() -> Command {
        let mut command = Command::new("sleep");
        command.arg("1000");
        command
    }

    #[tokio::test]
    async fn what_starts_while_all_is_ended_is_ended_or_not_started() {
        let groups = ProcessGroups::default();
        let (child, group) = groups.start(&mut sleep()).unwrap();
        let mut started = vec![(child, group)];
        let ending = groups.clone();
        let ending = std::thread::spawn(move || ending.end_all());
        while let Ok(one) = groups.start(&mut sleep()) {
            started.push(one);
        }
        ending.join().unwrap();
        for (mut child, _group) in started {
            assert_eq!(child.wait().await.unwrap().signal(), Some(9));
        }
        let refused = groups.start(&mut sleep()).unwrap_err();
        assert_eq!(refused.to_string(), "the gateway has ended");
    }

    #[tokio::test]
    async fn a_group_that_is_dropped_is_ended_and_others_are_not() {
        let groups = ProcessGroups::default();
        let (mut one, first) = groups.start(&mut sleep()).unwrap();
        let (mut two, second) = groups.start(&mut sleep()).unwrap();
        drop(first);
        assert_eq!(one.wait().await.unwrap().signal(), Some(9));
        second.signal(Signal::TERM);
        assert_eq!(two.wait().await.unwrap().signal(), Some(15));
    }
}
