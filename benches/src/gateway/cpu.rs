//! The CPU time of processes, as the kernel counts it.

use std::fs;
use std::ops::{Add, Sub};

/// Microseconds of one tick of `/proc`: a hundredth of a second on every Linux.
const TICK: f64 = 10_000.0;

/// Microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cpu {
    pub(super) user: f64,
    pub(super) kernel: f64,
}

impl Cpu {
    /// What a process has used so far.
    ///
    /// # Errors
    ///
    /// When there is no such process.
    pub(super) fn of(process: u32) -> Result<Self, String> {
        let stat = stat(process).ok_or_else(|| format!("process {process} has ended"))?;
        Ok(stat.cpu)
    }

    /// What the processes of this name have used so far that a process has started.
    pub(super) fn of_children(parent: u32, name: &str) -> Self {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        // The kernel keeps 15 bytes of a name.
        let name = &name[..name.len().min(15)];
        let children = ids.filter_map(stat).filter(|stat| stat.parent == parent && stat.name == name);
        children.fold(Self::default(), |sum, child| sum + child.cpu)
    }

    pub(super) fn sum(self) -> f64 {
        self.user + self.kernel
    }

    /// Of each of this many.
    pub(super) fn per(self, count: f64) -> Self {
        Self { user: self.user / count, kernel: self.kernel / count }
    }
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { user: self.user + other.user, kernel: self.kernel + other.kernel }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { user: self.user - other.user, kernel: self.kernel - other.kernel }
    }
}

#[derive(Debug, PartialEq)]
struct Stat {
    name: String,
    parent: u32,
    cpu: Cpu,
}

fn stat(process: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Fields 2, 4, 14 and 15 of proc_pid_stat(5). A name may have spaces and brackets in it.
fn parse(stat: &str) -> Option<Stat> {
    let (name, fields) = stat.split_once('(')?.1.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    let cpu = Cpu { user: ticks(11)? * TICK, kernel: ticks(12)? * TICK };
    Some(Stat { name: name.to_owned(), parent: fields.get(1)?.parse().ok()?, cpu })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_be_called_anything() {
        let stat = "7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 50 25 0 0 20 0 1 0 9";
        let cpu = Cpu { user: 500_000.0, kernel: 250_000.0 };
        assert_eq!(parse(stat), Some(Stat { name: "a) b".to_owned(), parent: 3, cpu }));
        assert_eq!(parse("7 (a) S 3"), None);
    }
}
